#pragma once

#include <map>
#include <string>
#include <vector>

#include "policy/lexer.hpp"
#include "policy/token_stream.hpp"

namespace sluice::policy {

// The named lists of values: `set vendors .vendor.example, cdn.example`, used as `host @vendors`. What they hold is
// judged where they are used, because that says what the values are.
class ValueSets {
 public:
  // Reads the line behind `set`. Reports what is no list of values, and names that are taken.
  void define(TokenStream& tokens, Report& report);

  // The values of `@NAME`; null when there is no such set, which is reported.
  const std::vector<Token>* find(const Token& use, Report& report) const;

 private:
  struct Set {
    std::vector<Token> values;
    Position at;
  };
  std::map<std::string, Set, std::less<>> sets_;
};

}  // namespace sluice::policy
