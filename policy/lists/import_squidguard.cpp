// `urls` and `expressions` of a squidGuard tree; `domains` are plain names.

#include <algorithm>
#include <string>

#include "policy/lists/import_lines.hpp"

namespace sluice::policy {
namespace {

bool is_digit_octet(char c) noexcept {
  return c >= '0' && c <= '9';
}

// squidGuard compares hosts without `www.`, `web2.`, `ftp.` in front, on both sides.
std::string_view without_www(std::string_view host) noexcept {
  const std::string_view label = host.substr(0, host.find('.'));
  const bool is_one = label.size() >= 3 && label.size() + 1 < host.size() &&
                      (label.starts_with("www") || label.starts_with("web") || label.starts_with("ftp")) &&
                      std::ranges::all_of(label.substr(3), is_digit_octet);
  const std::string_view rest = is_one ? host.substr(label.size() + 1) : host;
  return rest.find('.') == rest.npos ? host : rest;
}

// POSIX has `\<` and `\>` for the beginning and end of a word; RE2 has `\b`.
std::string as_re2(std::string_view expression) {
  std::string text = "(?i)";
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] != '\\' || i + 1 == expression.size()) {
      text += expression[i];
      continue;
    }
    const char next = expression[++i];
    text += '\\';
    text += next == '<' || next == '>' ? 'b' : next;
  }
  return text;
}

}  // namespace

void import_squidguard_urls(std::string_view text, ImportLines& lines) {
  lines.for_each(text, "#", [&](std::string_view line) {
    if (const std::size_t scheme = line.find("://"); scheme != line.npos) { line.remove_prefix(scheme + 3); }
    const std::size_t slash = std::min(line.find('/'), line.size());
    const std::string_view host = without_www(line.substr(0, slash));
    const std::string_view path = line.substr(slash);
    if (host.find(':') != host.npos) { return lines.reject("a URL with a port"); }
    if (path.size() <= 1) {
      lines.host(host, Reach::with_www);
    } else {
      lines.path(host, path, Reach::with_www);
    }
  });
}

void import_squidguard_expressions(std::string_view text, ImportLines& lines) {
  lines.for_each(text, "#", [&](std::string_view line) { lines.expression(as_re2(line)); });
}

}  // namespace sluice::policy
