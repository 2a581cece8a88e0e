#pragma once

#include <string>
#include <string_view>

namespace sluice::policy {

// The text in one layout: single blanks between words, `, ` in lists, comments two blanks behind, at most one empty
// line in a row, one line feed at the end. Words, their order and comments stay as they are, so that it means the same;
// a line that cannot be read is kept. ENSURES: formatted(formatted(text)) == formatted(text).
std::string formatted(std::string_view text);

// The words of one line in that layout, without its comment; empty when it holds none, or cannot be read.
std::string statement_of(std::string_view line);

}  // namespace sluice::policy
