#include "tools/sluice/policy_line.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <optional>
#include <string_view>

#include "gateway/control/judge/ascii_host.hpp"
#include "gateway/control/judge/quoted_reason.hpp"
#include "gateway/http/target_uri.hpp"
#include "policy/address.hpp"
#include "policy/lexer.hpp"
#include "policy/time_value.hpp"

namespace sluice::cli {
namespace {

using Condition = std::expected<std::string, std::string>;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) { out += (out.empty() ? "" : ", ") + word; }
  return out;
}

bool is_url(std::string_view text) {
  return text.find("://") != std::string_view::npos;
}

// The URL is brought to the form in which the gateway will see it, or the rule would never match.
Condition url_condition(const std::string& url) {
  const auto ascii = control::with_ascii_host(url);
  http::TargetUri target;
  if (const auto parsed = http::parse_url(ascii, target); !parsed) {
    return std::unexpected("`" + url + "` is not a URL; write http://host/path (" + parsed.error().during + ")");
  }
  // https is asked for by CONNECT, which says host and port and nothing of the path.
  if (target.scheme == "https") {
    return (target.site.address ? "to " : "host ") + std::string(target.host) + " port " + std::to_string(target.port);
  }
  return "url ~ " + policy::quoted("^" + regex_of(std::string(target.normal_text())));
}

bool is_name_octet(unsigned char c) {
  return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
}

// What a rule calls the name, with everything below it or exactly. `otherwise`: the words for what is none.
Condition name_value(std::string name, bool exact, const char* otherwise) {
  name = lower(std::move(name));
  if (name.starts_with("*.")) { name.erase(0, 2); }
  if (name.starts_with('.')) { name.erase(0, 1); }
  if (name.ends_with('.')) { name.pop_back(); }
  name = control::with_ascii_host(std::move(name));
  if (name.empty() || !std::ranges::all_of(name, is_name_octet)) {
    return std::unexpected("`" + name + "` is " + otherwise);
  }
  return std::string(exact ? "" : ".") + name;
}

Condition host_condition(const std::string& name, bool exact) {
  auto value = name_value(name, exact, "no name, URL, address or prefix; for a pattern use --url-regex");
  if (value) { value->insert(0, "host "); }
  return value;
}

// RFC 6066 3: "Literal IPv4 and IPv6 addresses are not permitted in "HostName"."
Condition server_names_condition(const QuickEdit& edit) {
  constexpr const char* kNone = "no server name";
  std::vector<std::string> values;
  for (const std::string& name : edit.server_names) {
    if (policy::Address::parse(name)) { return std::unexpected("`" + name + "` is " + kNone); }
    auto value = name_value(name, edit.exact, kNone);
    if (!value) { return value; }
    values.push_back(std::move(*value));
  }
  return "sni " + joined(values);
}

Condition what_condition(const QuickEdit& edit) {
  if (is_url(edit.what)) { return url_condition(edit.what); }
  if (policy::Prefix::parse(edit.what)) { return "to " + edit.what; }
  return host_condition(edit.what, edit.exact);
}

// The whole minute at or behind the end, in UTC: a rule lives no shorter than was asked for.
Condition until_condition(const std::string& duration, std::chrono::sys_seconds now) {
  const auto wait = policy::parse_duration_value(duration);
  if (!wait) { return std::unexpected(wait.error()); }
  if (wait->count() <= 0) { return std::unexpected("a rule for " + duration + " would never hold"); }
  const auto end = std::chrono::ceil<std::chrono::minutes>(now + *wait);
  const auto day = std::chrono::floor<std::chrono::days>(end);
  const std::chrono::year_month_day date(day);
  const auto minute = (end - day).count();
  std::array<char, 48> text;
  const int size =
      std::snprintf(text.data(), text.size(), "until %04d-%02u-%02u %02d:%02d", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(minute / 60), static_cast<int>(minute % 60));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

// Methods are case-sensitive, and the ones in use are in capitals; `--method post` means POST.
std::vector<std::string> in_capitals(std::vector<std::string> words) {
  for (std::string& word : words) {
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  }
  return words;
}

// A line feed in a message must not begin a second rule.
bool has_control_octet(const std::string& line) {
  return std::ranges::any_of(line, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

// What the language reads as one word: nothing that would begin the next part of the rule.
bool is_one_word(const std::string& word) {
  return !word.empty() && word.find_first_of(" \t,\"#~") == std::string::npos;
}

// A quote means the same with a backslash ahead of it, which a quoted text cannot hold.
Condition quoted_expression(const std::string& expression) {
  std::string out;
  bool is_open = false;  // a backslash that belongs to what follows it
  for (const char c : expression) {
    if (is_open && c == '"') { out.pop_back(); }
    is_open = c == '\\' && !is_open;
    out += c;
  }
  if (is_open) { return std::unexpected("the expression ends in the middle of `\\`: " + expression); }
  return policy::quoted(out);
}

void append_list(const char* condition, const std::vector<std::string>& words, std::string& line) {
  if (!words.empty()) { line += " " + std::string(condition) + " " + joined(words); }
}

// "deny"; `redirect 308 "https://new.example{path}"`
std::string verdict_text(const QuickEdit& edit) {
  std::string text = edit.verdict;
  if (edit.redirect_status != 0) { text += " " + std::to_string(edit.redirect_status); }
  if (!edit.redirect_to.empty()) { text += " " + policy::quoted(edit.redirect_to); }
  return text;
}

}  // namespace

std::string regex_of(const std::string& text) {
  static constexpr std::string_view kSpecial = R"(\.+*?()[]{}^$|)";
  std::string out;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) { out += '\\'; }
    out += c;
  }
  return out;
}

std::string left_out_of(const QuickEdit& edit) {
  constexpr std::string_view kHttps = "https://";
  const std::string start = lower(edit.what.substr(0, kHttps.size()));
  const auto path = edit.what.find_first_of("/?#", std::min(kHttps.size(), edit.what.size()));
  if (start != kHttps || path == std::string::npos || edit.what.substr(path) == "/") { return {}; }
  return "`" + edit.what.substr(path) +
         "` is left out: a client asks for https by CONNECT, which names no path, so the rule is about all of the host";
}

std::expected<std::string, std::string> policy_line(const QuickEdit& edit, std::chrono::sys_seconds now) {
  const std::string verdict = verdict_text(edit);
  std::string line = verdict;
  if (!edit.what.empty()) {
    const auto condition = what_condition(edit);
    if (!condition) { return std::unexpected(condition.error()); }
    line += " " + *condition;
  }
  if (!edit.url_regex.empty()) {
    const auto expression = quoted_expression(edit.url_regex);
    if (!expression) { return std::unexpected(expression.error()); }
    line += " url ~ " + *expression;
  }
  append_list("from", edit.from, line);
  append_list("to", edit.to, line);
  if (!edit.server_names.empty()) {
    const auto condition = server_names_condition(edit);
    if (!condition) { return std::unexpected(condition.error()); }
    line += " " + *condition;
  }
  for (const auto* words : {&edit.from, &edit.to, &edit.users, &edit.groups, &edit.ports, &edit.methods}) {
    const auto wrong = std::ranges::find_if_not(*words, is_one_word);
    if (wrong != words->end()) { return std::unexpected("`" + *wrong + "` is no value that a rule could have"); }
  }
  append_list("user", edit.users, line);
  append_list("group", edit.groups, line);
  append_list("port", edit.ports, line);
  append_list("method", in_capitals(edit.methods), line);
  if (!edit.scheme.empty()) { line += " scheme " + edit.scheme; }
  if (!edit.during.empty()) { line += " during " + edit.during; }
  if (line == verdict) {
    return std::unexpected("a rule without a condition would " + edit.verdict +
                           " everything; say what, or use `policy add`");
  }
  if (!edit.valid_for.empty()) {
    const auto until = until_condition(edit.valid_for, now);
    if (!until) { return std::unexpected(until.error()); }
    line += " " + *until;
  }
  if (edit.shadow) { line += " shadow"; }
  if (!edit.message.empty()) { line += " reason " + control::quoted_reason(edit.message); }
  if (has_control_octet(line)) { return std::unexpected("a rule is one line of text without control characters"); }
  return line;
}

}  // namespace sluice::cli
