#include "policy/parse_condition.hpp"

#include <algorithm>
#include <array>

#include "policy/parse_time.hpp"
#include "policy/time_value.hpp"
#include "policy/value_list.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

using Text = std::expected<std::string, std::string>;

constexpr std::array<std::string_view, 8> kOtherWords{"not",    "unless",    "reason", "id",
                                                      "shadow", "keep-open", "owner",  "ticket"};

// The values of one condition.
class ConditionParser {
 public:
  ConditionParser(TokenStream& tokens, Report& report, const ValueSets& sets, ConditionSyntax& condition)
      : tokens_(tokens), report_(report), sets_(sets), condition_(condition) {}

  // The canonical text of the values goes to `text`.
  bool run(std::string& text) {
    switch (condition_.subject) {
      case Subject::from:
      case Subject::to:
        return parse_addresses(tokens_, report_, sets_, condition_.addresses, text);
      case Subject::authority:
      case Subject::sni:
      case Subject::host:
        return hosts(text);
      case Subject::port:
        return ranges(text, parse_port_value);
      case Subject::status:
        return ranges(text, parse_status_value);
      case Subject::listener:
        return words(text, parse_listener_value);
      case Subject::mode:
        return words(text, parse_mode_value);
      case Subject::protocol:
        return words(text, parse_protocol_value);
      case Subject::interface:
        return words(text, parse_interface_value);
      case Subject::alpn:
        return words(text, parse_alpn_value);
      case Subject::method:
        return words(text, parse_method_value);
      case Subject::scheme:
        return words(text, parse_scheme_value);
      case Subject::path:
        return url_parts(text, parse_path_value);
      case Subject::query:
        return url_parts(text, parse_query_value);
      case Subject::type:
        return words(text, parse_type_value);
      case Subject::category:
      case Subject::list:
        return list_names(text);
      case Subject::user:
        return words(text, parse_user_value);
      case Subject::group:
        return groups(text);
      case Subject::ech:
      case Subject::inconsistent:
        return true;
      case Subject::url:
        return expressions("url", "url ~ \"\\.exe$\"", text);
      case Subject::field:
      case Subject::response_field:
        return field(text);
      case Subject::during:
        return parse_times(tokens_, report_, condition_.times, text);
      case Subject::until:
        return parse_day_time(tokens_, report_, condition_.until, text);
      case Subject::size:
        break;
    }
    return size(text);
  }

 private:
  std::string_view expected() const noexcept { return info_of(condition_.subject).value; }

  bool hosts(std::string& text) {
    return parse_list(tokens_, report_, sets_, expected(), Token::Kind::word, text, [&](const Token& value) -> Text {
      auto host = parse_host_value(value.text);
      if (!host) { return std::unexpected(host.error()); }
      condition_.hosts.push_back(std::move(*host));
      return condition_.hosts.back().text();
    });
  }

  bool ranges(std::string& text, std::expected<PortRange, std::string> (*parse)(std::string_view)) {
    return parse_list(tokens_, report_, sets_, expected(), Token::Kind::word, text, [&](const Token& value) -> Text {
      const auto range = parse(value.text);
      if (!range) { return std::unexpected(range.error()); }
      condition_.ports.push_back(*range);
      const std::string first = std::to_string(range->first);
      return range->first == range->last ? first : first + '-' + std::to_string(range->last);
    });
  }

  bool words(std::string& text, Text (*parse)(std::string_view)) {
    return parse_list(tokens_, report_, sets_, expected(), Token::Kind::word, text, [&](const Token& value) -> Text {
      Text word = parse(value.text);
      if (word) { condition_.words.push_back(*word); }
      return word;
    });
  }

  // What is compared is the value's normal form; a rule is written, and known by its id, as it was written.
  bool url_parts(std::string& text, Text (*parse)(std::string_view)) {
    return parse_list(tokens_, report_, sets_, expected(), Token::Kind::word, text, [&](const Token& value) -> Text {
      const Text part = parse(value.text);
      if (!part) { return part; }
      condition_.words.push_back(*part);
      return value.text;
    });
  }

  bool list_names(std::string& text) {
    return parse_list(tokens_, report_, sets_, expected(), Token::Kind::word, text, [&](const Token& value) -> Text {
      if (!is_list_name(value.text)) { return std::unexpected(name_of(value) + " is no name of a list or category"); }
      condition_.list_names.push_back({value.text, value.at});
      return value.text;
    });
  }

  bool groups(std::string& text) {
    return parse_list(tokens_, report_, sets_, expected(), Token::Kind::word, text, [&](const Token& value) -> Text {
      auto name = parse_group_name(value.text);
      if (name) { condition_.groups.push_back({*name, value.at}); }
      return name;
    });
  }

  // `~` and a list of expressions, which are judged when they are compiled.
  bool expressions(const std::string& what, const std::string& example, std::string& text) {
    if (!tokens_.take_if(Token::Kind::tilde)) {
      const Token found = tokens_.peek();
      report_.error(found.at, '`' + what + "` is followed by `~` and an expression in quotes, as in `" + example +
                                  "`, not by " + name_of(found));
      if (found.kind == Token::Kind::quoted) { tokens_.take(); }
      return false;
    }
    std::string list;
    const bool is_good =
        parse_list(tokens_, report_, sets_, expected(), Token::Kind::quoted, list, [&](const Token& value) -> Text {
          condition_.expressions.push_back({value.text, value.at});
          return quoted(value.text);
        });
    text += "~ " + list;
    return is_good;
  }

  // Goes on behind an error, so that the rest of the condition is not reported as well.
  bool skip_rest() {
    while (!tokens_.is_at_end() && !begins_next_part(tokens_.peek())) { tokens_.take(); }
    return false;
  }

  // `field User-Agent ~ "curl"`; behind `response` the word `field` is still to come.
  bool field(std::string& text) {
    if (condition_.subject == Subject::response_field) {
      const Token word = tokens_.peek();
      if (!word.is("field")) {
        report_.error(word.at, "`response` is followed by `field`, as in `response field Server ~ \"nginx\"`, not by " +
                                   name_of(word));
        return skip_rest();
      }
      tokens_.take();
      text += "field ";
    }
    const Token name = tokens_.peek();
    const auto parsed = name.kind == Token::Kind::word ? parse_field_name(name.text) : std::unexpected(std::string());
    if (!parsed) {
      report_.error(name.at, "the name of a field expected, as in `field User-Agent ~ \"curl\"`, not " + name_of(name));
      return skip_rest();
    }
    tokens_.take();
    condition_.name = *parsed;
    text += *parsed + ' ';
    return expressions("field " + *parsed, "field User-Agent ~ \"curl\"", text);
  }

  bool size(std::string& text) {
    const Token word = tokens_.peek();
    if (!word.is("over") && !word.is("under")) {
      report_.error(word.at, "`size` is followed by `over` or `under` and a size, not by " + name_of(word));
      return skip_rest();
    }
    tokens_.take();
    condition_.is_over = word.is("over");
    const Token value = tokens_.peek();
    const auto size = parse_size_value(value.kind == Token::Kind::word ? value.text : "");
    if (!size) {
      report_.error(value.at,
                    value.kind == Token::Kind::word ? size.error() : "a size expected, not " + name_of(value));
      return skip_rest();
    }
    tokens_.take();
    condition_.size = *size;
    text += word.text + ' ' + value.text;
    return true;
  }

  TokenStream& tokens_;
  Report& report_;
  const ValueSets& sets_;
  ConditionSyntax& condition_;
};

}  // namespace

std::optional<Subject> subject_of(const Token& token) noexcept {
  const auto word = std::ranges::find_if(kSubjects, [&](const SubjectInfo& info) { return token.is(info.word); });
  if (word == kSubjects.end()) { return std::nullopt; }
  return static_cast<Subject>(word - kSubjects.begin());
}

bool begins_next_part(const Token& token) noexcept {
  return subject_of(token) || std::ranges::any_of(kOtherWords, [&](std::string_view word) { return token.is(word); });
}

bool parse_values(TokenStream& tokens, Report& report, const ValueSets& sets, ConditionSyntax& condition) {
  std::string values;
  const bool is_good = ConditionParser(tokens, report, sets, condition).run(values);
  condition.text = condition.is_negated ? "not " : "";
  condition.text += info_of(condition.subject).word;
  if (!values.empty()) { condition.text += ' ' + values; }
  return is_good;
}

bool parse_addresses(TokenStream& tokens, Report& report, const ValueSets& sets, AddressTerms& terms,
                     std::string& text) {
  return parse_list(tokens, report, sets, info_of(Subject::from).value, Token::Kind::word, text,
                    [&](const Token& value) -> Text {
                      if (is_net_name(value.text)) {
                        terms.names.push_back({value.text, value.at});
                        return value.text;
                      }
                      const auto prefix = parse_prefix_value(value.text);
                      if (!prefix) { return std::unexpected(prefix.error()); }
                      terms.prefixes.push_back(*prefix);
                      return prefix->text();
                    });
}

bool parse_users(TokenStream& tokens, Report& report, const ValueSets& sets, std::vector<std::string>& users,
                 std::string& text) {
  return parse_list(tokens, report, sets, info_of(Subject::user).value, Token::Kind::word, text,
                    [&](const Token& value) -> Text {
                      auto user = parse_user_value(value.text);
                      if (user) { users.push_back(*user); }
                      return user;
                    });
}

}  // namespace sluice::policy
