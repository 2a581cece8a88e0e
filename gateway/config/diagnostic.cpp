#include "gateway/config/diagnostic.hpp"

#include <algorithm>
#include <cstddef>

namespace sluice::config {
namespace {

// Tabs stay, so that the caret stands below the same place whatever the terminal makes of a tab.
std::string indent_like(const std::string& line, int column) {
  std::string indent = line.substr(0, static_cast<std::size_t>(std::max(column - 1, 0)));
  std::replace_if(indent.begin(), indent.end(), [](char c) { return c != '\t'; }, ' ');
  return indent;
}

}  // namespace

std::string Diagnostic::text() const {
  std::string out = file;
  if (line > 0) { out += ":" + std::to_string(line) + ":" + std::to_string(column); }
  out += ": error: " + message;
  if (!excerpt.empty()) {
    out += "\n    " + excerpt;
    if (column > 0) { out += "\n    " + indent_like(excerpt, column) + "^"; }
  }
  return out;
}

std::string text_of(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) { out += diagnostic.text() + "\n"; }
  return out;
}

}  // namespace sluice::config
