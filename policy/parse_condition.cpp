#include "policy/parse_condition.hpp"

#include <algorithm>
#include <array>
#include <expected>
#include <string_view>

#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 9> kSubjects{"from",   "to",  "host",     "port", "method",
                                                    "scheme", "url", "category", "list"};

constexpr std::string_view word_of(Subject subject) noexcept {
  return kSubjects[static_cast<std::size_t>(subject)];
}

// Words that begin the next part of a rule and so are no values: a host of such a name is written with a dot behind it.
constexpr std::array<std::string_view, 4> kOtherWords{"not", "unless", "reason", "id"};

bool begins_next_part(const Token& token) noexcept {
  return subject_of(token) || std::ranges::any_of(kOtherWords, [&](std::string_view word) { return token.is(word); });
}

void append_item(std::string_view item, std::string& list) {
  if (!list.empty()) { list += ", "; }
  list += item;
}

// Hands each value of a list to `keep`, which gives its canonical text or says what is wrong with it.
// Values are joined by commas; the first one must be there.
template <typename Keep>
bool parse_list(TokenStream& tokens, Report& report, std::string_view expected, Token::Kind kind, std::string& text,
                Keep keep) {
  bool is_good = true;
  do {
    const Token value = tokens.peek();
    const bool is_missing = begins_next_part(value);
    if (value.kind != kind || is_missing) {
      report.error(value.at, std::string(expected) + " expected, not " + name_of(value));
      is_good = false;
      // A value of the wrong kind is still the value: the next word is not.
      const bool is_value = value.kind == Token::Kind::quoted || value.kind == Token::Kind::word;
      if (is_value && !is_missing) { tokens.take(); }
      continue;
    }
    tokens.take();
    const std::expected<std::string, std::string> kept = keep(value);
    if (kept) {
      append_item(*kept, text);
    } else {
      report.error(value.at, kept.error());
      is_good = false;
    }
  } while (tokens.take_if(Token::Kind::comma));
  return is_good;
}

using Text = std::expected<std::string, std::string>;

bool parse_hosts(TokenStream& tokens, Report& report, ConditionSyntax& condition, std::string& text) {
  return parse_list(tokens, report, "a host", Token::Kind::word, text, [&](const Token& value) -> Text {
    auto host = parse_host_value(value.text);
    if (!host) { return std::unexpected(host.error()); }
    condition.hosts.push_back(std::move(*host));
    return condition.hosts.back().text();
  });
}

bool parse_ports(TokenStream& tokens, Report& report, ConditionSyntax& condition, std::string& text) {
  return parse_list(tokens, report, "a port", Token::Kind::word, text, [&](const Token& value) -> Text {
    const auto range = parse_port_value(value.text);
    if (!range) { return std::unexpected(range.error()); }
    condition.ports.push_back(*range);
    const std::string first = std::to_string(range->first);
    return range->first == range->last ? first : first + '-' + std::to_string(range->last);
  });
}

template <typename ParseWord>
bool parse_words(TokenStream& tokens, Report& report, std::string_view expected, ConditionSyntax& condition,
                 std::string& text, ParseWord parse_word) {
  return parse_list(tokens, report, expected, Token::Kind::word, text, [&](const Token& value) -> Text {
    Text word = parse_word(value.text);
    if (word) { condition.words.push_back(*word); }
    return word;
  });
}

// The expressions themselves are judged when they are compiled.
bool parse_expressions(TokenStream& tokens, Report& report, ConditionSyntax& condition, std::string& text) {
  if (!tokens.take_if(Token::Kind::tilde)) {
    const Token found = tokens.peek();
    report.error(found.at, "`url` is followed by `~` and an expression in quotes, as in `url ~ \"\\.exe$\"`, not by " +
                               name_of(found));
    if (found.kind == Token::Kind::quoted) { tokens.take(); }
    return false;
  }
  return parse_list(tokens, report, "an expression in quotes", Token::Kind::quoted, text,
                    [&](const Token& value) -> Text {
                      condition.expressions.push_back({value.text, value.at});
                      return quoted(value.text);
                    });
}

bool parse_list_names(TokenStream& tokens, Report& report, ConditionSyntax& condition, std::string& text) {
  const std::string_view expected = condition.subject == Subject::list ? "the name of a list" : "a category";
  return parse_list(tokens, report, expected, Token::Kind::word, text, [&](const Token& value) -> Text {
    if (!is_list_name(value.text)) { return std::unexpected(name_of(value) + " is no name of a list or category"); }
    condition.list_names.push_back({value.text, value.at});
    return value.text;
  });
}

bool parse_list_of(TokenStream& tokens, Report& report, ConditionSyntax& condition, std::string& text) {
  switch (condition.subject) {
    case Subject::from:
    case Subject::to:
      return parse_addresses(tokens, report, condition.addresses, text);
    case Subject::host:
      return parse_hosts(tokens, report, condition, text);
    case Subject::port:
      return parse_ports(tokens, report, condition, text);
    case Subject::method:
      return parse_words(tokens, report, "a method", condition, text, parse_method_value);
    case Subject::scheme:
      return parse_words(tokens, report, "a scheme", condition, text, parse_scheme_value);
    case Subject::category:
    case Subject::list:
      return parse_list_names(tokens, report, condition, text);
    case Subject::url:
      break;
  }
  return parse_expressions(tokens, report, condition, text);
}

}  // namespace

std::optional<Subject> subject_of(const Token& token) noexcept {
  const auto word = std::ranges::find_if(kSubjects, [&](std::string_view subject) { return token.is(subject); });
  if (word == kSubjects.end()) { return std::nullopt; }
  return static_cast<Subject>(word - kSubjects.begin());
}

bool parse_values(TokenStream& tokens, Report& report, ConditionSyntax& condition) {
  std::string list;
  const bool is_good = parse_list_of(tokens, report, condition, list);
  condition.text = condition.is_negated ? "not " : "";
  condition.text += word_of(condition.subject);
  condition.text += condition.subject == Subject::url ? " ~ " : " ";
  condition.text += list;
  return is_good;
}

bool parse_addresses(TokenStream& tokens, Report& report, AddressTerms& terms, std::string& text) {
  return parse_list(tokens, report, "an address, a prefix or the name of a net", Token::Kind::word, text,
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

}  // namespace sluice::policy
