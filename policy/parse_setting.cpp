#include "policy/parse_setting.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "policy/lexer.hpp"
#include "policy/nearest.hpp"
#include "policy/time_value.hpp"
#include "policy/value_list.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 5> kFirstWords{"cache", "limit", "remove", "strip", "connect"};
constexpr std::size_t kLongestValue = 4096;
constexpr std::string_view kASecond = "/s";

// Fields that belong to the connection, frame the message, or are the gateway's own to write.
constexpr std::array<std::string_view, 20> kOwnFields{"connection",
                                                      "content-length",
                                                      "transfer-encoding",
                                                      "host",
                                                      "te",
                                                      "trailer",
                                                      "upgrade",
                                                      "keep-alive",
                                                      "proxy-connection",
                                                      "proxy-authenticate",
                                                      "proxy-status",
                                                      "proxy-authorization",
                                                      "via",
                                                      "expect",
                                                      "max-forwards",
                                                      "age",
                                                      "cache-status",
                                                      "content-range",
                                                      "date",
                                                      "proxy-authentication-info"};

// RFC 9110 5.5: a value without surrounding whitespace; of other octets than ASCII nobody knows what they mean.
bool is_field_value(std::string_view value) noexcept {
  const bool is_plain = std::ranges::all_of(value, [](char c) { return (c >= ' ' && c < '\x7f') || c == '\t'; });
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  return !value.empty() && is_plain && !is_blank(value.front()) && !is_blank(value.back());
}

class SettingParser {
 public:
  SettingParser(TokenStream& tokens, Report& report, const ValueSets& sets, RuleSyntax& rule)
      : tokens_(tokens), report_(report), sets_(sets), rule_(rule), setting_(rule.setting.emplace()) {}

  bool run(const Token& first) {
    rule_.action = first.text;
    if (first.is("cache")) { return cache(); }
    if (first.is("limit")) { return limit(); }
    if (first.is("strip")) { return strip(); }
    if (first.is("connect")) { return connect(); }
    setting_.is_removal = first.is("remove");
    return field();
  }

 private:
  bool fail(Position at, std::string message) {
    report_.error(at, std::move(message));
    return false;
  }
  void append(std::string_view word) { (rule_.action += ' ') += word; }

  bool take_word(std::string_view word, std::string_view sentence) {
    const Token token = tokens_.peek();
    if (!token.is(word)) {
      return fail(token.at,
                  '`' + std::string(word) + "` expected, as in `" + std::string(sentence) + "`, not " + name_of(token));
    }
    append(tokens_.take().text);
    return true;
  }

  bool cache() {
    constexpr std::array<std::string_view, 7> kWords{"ttl",    "grace", "negative",      "never",
                                                     "ignore", "key",   "finish-aborted"};
    const Token word = tokens_.peek();
    const auto found = std::ranges::find_if(kWords, [&](std::string_view known) { return word.is(known); });
    if (found == kWords.end()) {
      const std::string hint = word.kind == Token::Kind::word ? did_you_mean(word.text, kWords) : "";
      return fail(word.at,
                  "`cache` is followed by `ttl`, `grace`, `negative`, `never`, `ignore set-cookie`, `key` or "
                  "`finish-aborted`, not by " +
                      name_of(word) + hint);
    }
    append(tokens_.take().text);
    if (word.is("ttl")) { return lifetime(SettingKind::cache_ttl); }
    if (word.is("grace")) { return lifetime(SettingKind::cache_grace); }
    if (word.is("negative")) { return lifetime(SettingKind::cache_negative); }
    if (word.is("key")) { return key(); }
    if (word.is("finish-aborted")) { return finish_aborted(); }
    setting_.kind = word.is("never") ? SettingKind::cache_never : SettingKind::cache_ignore_set_cookie;
    return word.is("never") || take_word("set-cookie", "cache ignore set-cookie");
  }

  bool lifetime(SettingKind kind) {
    setting_.kind = kind;
    const Token value = tokens_.peek();
    const auto parsed = parse_duration_value(value.kind == Token::Kind::word ? value.text : "");
    if (!parsed) {
      return fail(value.at,
                  value.kind == Token::Kind::word ? parsed.error() : "a duration expected, not " + name_of(value));
    }
    setting_.lifetime = *parsed;
    append(tokens_.take().text);
    return true;
  }

  bool size() {
    const Token value = tokens_.peek();
    const auto parsed = parse_size_value(value.kind == Token::Kind::word ? value.text : "");
    if (!parsed) {
      return fail(value.at,
                  value.kind == Token::Kind::word ? parsed.error() : "a size expected, not " + name_of(value));
    }
    setting_.size = *parsed;
    append(tokens_.take().text);
    return true;
  }

  bool finish_aborted() {
    setting_.kind = SettingKind::cache_finish_aborted;
    setting_.size = std::numeric_limits<std::uint64_t>::max();
    if (!tokens_.peek().is("under")) { return true; }
    append(tokens_.take().text);
    return size();
  }

  bool key() {
    const Token word = tokens_.peek();
    setting_.kind = SettingKind::cache_key_sort_query;
    if (word.is("sort-query")) { return take_word("sort-query", ""); }
    setting_.kind = SettingKind::cache_key_drop_query;
    if (!take_word("drop-query", "cache key drop-query utm_*")) { return false; }
    std::string list;
    const bool is_good =
        parse_list(tokens_, report_, sets_, "the name of a parameter", Token::Kind::word, list,
                   [&](const Token& value) -> std::expected<std::string, std::string> {
                     if (value.text.find('=') != std::string::npos) {
                       return std::unexpected('`' + value.text + "`: a name expected, without a value");
                     }
                     auto name = parse_query_value(value.text);
                     if (!name) { return name; }
                     setting_.parameters.push_back(*name);
                     return value.text;
                   });
    append(list);
    return is_good;
  }

  bool limit() {
    if (tokens_.peek().is("connections")) { return connections(); }
    if (tokens_.peek().is("rate")) { return rate(); }
    setting_.kind = SettingKind::limit_size;
    const Token word = tokens_.peek();
    if (!word.is("size")) {
      return fail(
          word.at,
          "`limit` is followed by `size`, as in `limit size 100MiB`, by `rate`, as in `limit rate 1MiB/s`, or by "
          "`connections`, as in `limit connections 20`, not by " +
              name_of(word));
    }
    return take_word("size", "") && size();
  }

  bool connections() {
    setting_.kind = SettingKind::limit_connections;
    append(tokens_.take().text);
    const Token value = tokens_.peek();
    const auto most = parse_count_value(value.kind == Token::Kind::word ? value.text : "");
    if (!most) { return fail(value.at, "a number from 1 to 1000000 expected, not " + name_of(value)); }
    tokens_.take();
    setting_.most = *most;
    append(std::to_string(*most));
    return true;
  }

  bool rate() {
    setting_.kind = SettingKind::limit_rate;
    append(tokens_.take().text);
    const Token value = tokens_.peek();
    const bool is_rate = value.kind == Token::Kind::word && value.text.ends_with(kASecond);
    if (!is_rate) { return fail(value.at, "a rate expected, as in `limit rate 1MiB/s`, not " + name_of(value)); }
    const auto size = parse_size_value(std::string_view(value.text).substr(0, value.text.size() - kASecond.size()));
    if (!size) { return fail(value.at, size.error()); }
    if (*size == 0 || *size > kHighestRate) { return fail(value.at, "a rate is from `1/s` to `10GB/s`"); }
    setting_.size = *size;
    append(tokens_.take().text);
    return true;
  }

  bool strip() {
    setting_.kind = SettingKind::strip_query;
    constexpr std::string_view kSentence = "strip query in log";
    return take_word("query", kSentence) && take_word("in", kSentence) && take_word("log", kSentence);
  }

  bool connect() {
    setting_.kind = SettingKind::connect_to;
    if (!take_word("to", "connect to 192.0.2.1")) { return false; }
    const Token value = tokens_.peek();
    if (value.kind != Token::Kind::word) {
      return fail(value.at, "a host or an address expected, not " + name_of(value));
    }
    return connect_target(tokens_.take());
  }

  // "forcesafesearch.example", "192.0.2.1", "2001:db8::1", each with ":443" behind it; IPv6 then in brackets.
  bool connect_target(const Token& value) {
    std::string_view host = value.text;
    const std::size_t colon = host.rfind(':');
    const bool has_port = colon != host.npos && (host.find(':') == colon || host[colon - 1] == ']');
    if (has_port) {
      const auto port = parse_port_value(host.substr(colon + 1));
      if (!port || port->first != port->last || port->first == 0) {
        return fail(value.at, name_of(value) + ": behind the colon stands one port");
      }
      setting_.port = port->first;
      host = host.substr(0, colon);
    }
    const auto parsed = parse_host_value(host);
    if (!parsed || parsed->is_suffix) {
      return fail(value.at, parsed ? name_of(value) + " is no single host" : parsed.error());
    }
    setting_.name = parsed->name;
    const bool is_ipv6 = parsed->name.find(':') != std::string::npos;
    std::string text = is_ipv6 && has_port ? '[' + parsed->name + ']' : parsed->name;
    if (has_port) { text += ':' + std::to_string(setting_.port); }
    append(text);
    return true;
  }

  bool field() {
    const std::string sentence =
        setting_.is_removal ? "remove response field Server" : "set request field X-From \"us\"";
    const Token whose = tokens_.peek();
    if (!whose.is("request") && !whose.is("response")) {
      return fail(whose.at, "`request` or `response` expected, as in `" + sentence + "`, not " + name_of(whose));
    }
    setting_.kind = whose.is("request") ? SettingKind::request_field : SettingKind::response_field;
    append(tokens_.take().text);
    if (!take_word("field", sentence)) { return false; }
    return field_name() && (setting_.is_removal || field_value());
  }

  bool field_name() {
    const Token name = tokens_.peek();
    const auto parsed = parse_field_name(name.kind == Token::Kind::word ? name.text : "");
    if (!parsed) { return fail(name.at, "the name of a field expected, not " + name_of(name)); }
    tokens_.take();
    if (std::ranges::find(kOwnFields, lower_case(*parsed)) != kOwnFields.end()) {
      return fail(name.at, "the field `" + *parsed + "` is the gateway's own to write");
    }
    setting_.name = *parsed;
    append(*parsed);
    return true;
  }

  bool field_value() {
    const Token value = tokens_.peek();
    if (value.kind != Token::Kind::quoted) {
      return fail(value.at, "the field's value expected, in quotes, not " + name_of(value));
    }
    tokens_.take();
    if (!is_field_value(value.text) || value.text.size() > kLongestValue) {
      return fail(value.at, "a field's value is ASCII without blanks around it, 4096 octets at most");
    }
    setting_.value = value.text;
    append(quoted(value.text));
    return true;
  }

  TokenStream& tokens_;
  Report& report_;
  const ValueSets& sets_;
  RuleSyntax& rule_;
  Setting& setting_;
};

}  // namespace

bool begins_setting(const Token& first, const Token& second) noexcept {
  if (first.is("set")) { return second.is("request") || second.is("response"); }
  return std::ranges::any_of(kFirstWords, [&](std::string_view word) { return first.is(word); });
}

bool parse_setting(const Token& first, TokenStream& tokens, Report& report, const ValueSets& sets, RuleSyntax& rule) {
  return SettingParser(tokens, report, sets, rule).run(first);
}

}  // namespace sluice::policy
