#include "policy/plain_expression.hpp"

#include <algorithm>
#include <array>

#include "policy/values.hpp"

namespace sluice::policy {
namespace {

// Of one scheme alone the expression says more than a host would.
constexpr std::array<std::string_view, 2> kSchemes{"https?://", "https?:\\/\\/"};
constexpr std::array<std::string_view, 8> kAnyLabels{"([^/]+\\.)?",   "([^/]*\\.)?",      "(.*\\.)?",  "(.+\\.)?",
                                                     "(?:[^/]+\\.)?", "([a-z0-9-]+\\.)*", "(www\\.)?", "(?:www\\.)?"};
constexpr std::array<std::string_view, 4> kEnds{"(/|$)", "(?:/|$)", "($|/)", "[/:]"};

template <std::size_t kCount>
bool take_one(std::string_view& text, const std::array<std::string_view, kCount>& choices) {
  const auto found = std::ranges::find_if(choices, [&](std::string_view one) { return text.starts_with(one); });
  if (found == choices.end()) { return false; }
  text.remove_prefix(found->size());
  return true;
}

bool is_special(char c) noexcept {
  return std::string_view(".*+?()[]{}|^$").find(c) != std::string_view::npos;
}

// Takes octets that stand for themselves up to the first special one; `\.` and `\/` are the dot and the slash.
std::string take_literal(std::string_view& text) {
  std::string literal;
  while (!text.empty() && !is_special(text.front())) {
    const bool is_escape = text.front() == '\\';
    if (is_escape && (text.size() < 2 || is_letter(text[1]) || is_digit(text[1]))) { return literal; }
    literal += is_escape ? text[1] : text.front();
    text.remove_prefix(is_escape ? 2 : 1);
  }
  return literal;
}

bool is_domain(std::string_view text) {
  return text.find('.') != text.npos && parse_host_value(text).has_value();
}

std::string advice(const std::string& condition) {
  return '`' + condition + "` would do here, for any port; it is faster and easier to read";
}

// Behind the scheme: labels, a host, and perhaps a path.
std::optional<std::string> anchored(std::string_view rest) {
  const bool is_suffix = take_one(rest, kAnyLabels);
  const std::string literal = take_literal(rest);
  const std::size_t slash = literal.find('/');
  const std::string host = literal.substr(0, slash);
  if (!is_domain(host)) { return std::nullopt; }
  const bool has_end = slash != std::string::npos || take_one(rest, kEnds);
  if (!has_end || !(rest.empty() || rest == ".*" || rest == ".*$")) { return std::nullopt; }
  const std::string condition = "host " + std::string(is_suffix ? "." : "") + host;
  const std::string path = slash == std::string::npos ? "" : literal.substr(slash);
  if (path.size() < 2) { return advice(condition); }
  // `path` ends at a slash; an expression that ends elsewhere means more.
  if (!path.ends_with('/') || path.find_first_of("?#,~") != std::string::npos) { return std::nullopt; }
  return advice(condition + " path " + path);
}

}  // namespace

std::optional<std::string> plain_condition(std::string_view expression) {
  std::string_view rest = expression;
  if (rest.starts_with('^')) {
    rest.remove_prefix(1);
    if (!take_one(rest, kSchemes)) { return std::nullopt; }
    return anchored(rest);
  }
  const std::string literal = take_literal(rest);
  if (!rest.empty() || !is_domain(literal)) { return std::nullopt; }
  return "this expression is a name, found anywhere in the URL, in paths and queries too; for the host write `host ." +
         literal + '`';
}

}  // namespace sluice::policy
