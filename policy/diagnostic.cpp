#include "policy/diagnostic.hpp"

#include <algorithm>
#include <string_view>

namespace sluice::policy {
namespace {

constexpr std::size_t kExcerptOctets = 160;  // what is shown of a long line, around the column

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The part of `line` that is shown, and how many of its octets stand ahead of the caret.
struct Window {
  std::string_view text;
  std::size_t caret;
};

Window window_of(std::string_view line, std::size_t column) noexcept {
  const std::size_t at = std::min(column > 0 ? column - 1 : 0, line.size());
  if (line.size() <= kExcerptOctets) { return {line, at}; }
  const std::size_t begin =
      at > kExcerptOctets / 2 ? std::min(at - kExcerptOctets / 2, line.size() - kExcerptOctets) : 0;
  return {line.substr(begin, kExcerptOctets), at - begin};
}

// Octets that a terminal would obey are shown as `?`; a tab stays one.
std::string shown(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; }, '?');
  return out;
}

// Blanks as wide as `text` is on a terminal: tabs stay tabs, a character of several octets is one blank.
std::string blanks_for(std::string_view text) {
  std::string blanks;
  for (const char c : text) {
    if (!is_continuation(c)) { blanks += c == '\t' ? '\t' : ' '; }
  }
  return blanks;
}

}  // namespace

std::string Diagnostic::text() const {
  std::string out = file + ':' + std::to_string(line) + ':' + std::to_string(column);
  out += severity == Severity::error ? ": error: " : ": warning: ";
  out += message;
  if (excerpt.empty()) { return out; }
  const Window window = window_of(excerpt, static_cast<std::size_t>(std::max(column, 0)));
  out += "\n    " + shown(window.text) + "\n    " + blanks_for(window.text.substr(0, window.caret)) + '^';
  return out;
}

}  // namespace sluice::policy
