// Adblock syntax, of which a gateway can carry out what is about hosts and URLs. What a rule asks of the page around a
// request (its options) is not known here: such a rule is counted and left out, because without the option it would
// block more than was meant.

#include <algorithm>
#include <array>
#include <string>

#include "policy/lists/import_lines.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 9> kCosmetic{"##", "#@#", "#?#", "#$#", "#%#", "#@?#", "#@$#", "#@%#", "$$"};
// Options that take nothing away from what a rule blocks here.
constexpr std::array<std::string_view, 5> kHarmless{"all", "important", "document", "doc", "match-case"};

struct Pattern {
  std::string_view text;
  Effect effect = Effect::holds;
  bool is_case_sensitive = false;
};

bool is_name_octet(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_cosmetic(std::string_view line) noexcept {
  return std::ranges::any_of(kCosmetic, [&](std::string_view mark) { return line.find(mark) != line.npos; });
}

bool is_expression(std::string_view pattern) noexcept {
  return pattern.size() > 2 && pattern.starts_with('/') && pattern.ends_with('/');
}

// Where `$` and options begin; the size of the line without them. A `$` may be a part of an expression.
std::size_t begin_of_options(std::string_view line) noexcept {
  const std::size_t dollar = line.rfind('$');
  if (dollar == line.npos || dollar + 1 == line.size() || is_expression(line)) { return line.size(); }
  const bool is_option = std::ranges::all_of(line.substr(dollar + 1), [](char c) {
    return is_name_octet(c) || c == '~' || c == '=' || c == ',' || c == '|' || c == '*' || c == '/' || c == ':' ||
           c == '\'';
  });
  return is_option ? dollar : line.size();
}

// False when an option narrows the rule; it is counted then.
bool read_options(std::string_view options, Pattern& pattern, ImportLines& lines) {
  while (!options.empty()) {
    const std::size_t comma = std::min(options.find(','), options.size());
    const std::string_view option = options.substr(0, comma);
    options.remove_prefix(std::min(comma + 1, options.size()));
    if (std::ranges::find(kHarmless, option) == kHarmless.end()) {
      std::string_view name = option.substr(0, option.find('='));
      if (name.starts_with('~')) { name.remove_prefix(1); }
      lines.unsupported("option " + std::string(name.substr(0, 40)));
      return false;
    }
    pattern.is_case_sensitive = pattern.is_case_sensitive || option == "match-case";
  }
  return true;
}

void append_literal(char c, std::string& expression) {
  constexpr std::string_view kSpecial = "\\.+*?()|[]{}^$/-";
  if (kSpecial.find(c) != kSpecial.npos) { expression += '\\'; }
  expression += c;
}

// `*` is anything, `^` a separator or the end, `|` at the ends ties to them, `||` to the beginning of a name.
std::string as_expression(std::string_view pattern) {
  std::string expression;
  if (pattern.starts_with("||")) {
    expression += "^[a-z]+://([^/?#]*\\.)?";
    pattern.remove_prefix(2);
  } else if (pattern.starts_with('|')) {
    expression += '^';
    pattern.remove_prefix(1);
  }
  const bool is_tied = pattern.ends_with('|');
  if (is_tied) { pattern.remove_suffix(1); }
  while (!is_tied && pattern.ends_with('*')) { pattern.remove_suffix(1); }
  for (const char c : pattern) {
    if (c == '*') {
      expression += ".*";
    } else if (c == '^') {
      expression += "([^a-zA-Z0-9_.%-]|$)";
    } else {
      append_literal(c, expression);
    }
  }
  if (is_tied) { expression += '$'; }
  return expression;
}

bool add_expression(std::string_view expression, const Pattern& pattern, ImportLines& lines) {
  return lines.expression((pattern.is_case_sensitive ? "" : "(?i)") + std::string(expression), pattern.effect);
}

// "name^", "name", "name/", "name^*": the whole host. "name/path": paths that begin so. False: neither.
bool lower_host_pattern(std::string_view text, const Pattern& pattern, ImportLines& lines) {
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, is_name_octet) - text.begin());
  const std::string_view host = text.substr(0, end);
  const std::string_view rest = text.substr(end);
  if (host.empty() || host.ends_with('.')) { return false; }
  // A label that nothing ends may be the beginning of a longer one, a number part of an address.
  const bool is_label = host.find('.') == host.npos;
  if (is_label && (rest.empty() || (host.front() >= '0' && host.front() <= '9'))) { return false; }
  if (rest.empty() || rest == "^" || rest == "/" || rest == "^*" || rest == "/*" || rest == "^|") {
    if (lines.host(host, Reach::subtree, pattern.effect)) { lines.lowered(); }
    return true;
  }
  const bool is_path = rest.starts_with('/') && rest.find_first_of("*^|") == rest.npos && !pattern.is_case_sensitive;
  if (!is_path) { return false; }
  lines.path(host, rest, Reach::subtree, pattern.effect);
  lines.lowered();
  return true;
}

void add_pattern(const Pattern& pattern, ImportLines& lines) {
  std::string_view text = pattern.text;
  if (text.empty() || text == "*") { return lines.reject("a pattern that every URL matches"); }
  if (is_expression(text)) {
    add_expression(text.substr(1, text.size() - 2), pattern, lines);
    return;
  }
  if (text.starts_with("||") && lower_host_pattern(text.substr(2), pattern, lines)) { return; }
  if (add_expression(as_expression(text), pattern, lines)) { lines.lowered(); }
}

void read_rule(std::string_view line, ImportLines& lines) {
  if (line.starts_with("[Adblock") || line.starts_with("[uBlock") || line.starts_with("[AdGuard")) {
    return lines.skip();
  }
  if (is_cosmetic(line)) { return lines.skip(); }
  Pattern pattern;
  if (line.starts_with("@@")) {
    pattern.effect = Effect::excepts;
    line.remove_prefix(2);
  }
  const std::size_t options = begin_of_options(line);
  pattern.text = line.substr(0, options);
  if (options < line.size() && !read_options(line.substr(options + 1), pattern, lines)) { return; }
  if (pattern.text.find_first_of(" \t") != pattern.text.npos) { return lines.reject("a blank in a pattern"); }
  add_pattern(pattern, lines);
}

}  // namespace

void import_adblock(std::string_view text, ImportLines& lines) {
  lines.for_each(text, "!", [&](std::string_view line) { read_rule(line, lines); });
}

}  // namespace sluice::policy
