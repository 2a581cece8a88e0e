#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/report.hpp"

namespace sluice::policy {

// A piece of a policy line. In a quoted text `\"` is a quote and every other backslash stays as it is written, so that
// expressions need no second layer of them.
struct Token {
  enum class Kind : std::uint8_t { word, quoted, comma, tilde, end };
  Kind kind = Kind::end;
  std::string text;  // of a word or a quoted text, without the quotes
  Position at;

  bool is(std::string_view word) const noexcept { return kind == Kind::word && text == word; }
};

// The tokens of one line without its comment; the last one is `end`. An octet that no line may hold and a text without
// its closing quote are reported, and the line is then empty.
std::vector<Token> tokens_of(std::string_view line, int number, Report& report, int source = 0);

// `text` as it stands between quotes in a policy.
std::string quoted(std::string_view text);

// How a message names a token: "`hosts`", "the quoted text", "`,`", "the end of the line".
std::string name_of(const Token& token);

}  // namespace sluice::policy
