#include "tools/sluice/shell.hpp"

#include <algorithm>
#include <cctype>

namespace sluice::cli {

std::string shell_quoted(std::string_view word) {
  const auto is_safe = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-./:=@%+,").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, is_safe)) { return std::string(word); }
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace sluice::cli
