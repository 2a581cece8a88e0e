#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/lexer.hpp"

namespace sluice::policy {

// The tokens of a line, read one after the other. At the end there is `end`, again and again.
class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  bool is_at_end() const noexcept { return peek().kind == Token::Kind::end; }
  const Token& peek() const noexcept { return tokens_[at_]; }
  const Token& peek_behind() const noexcept { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }

  Token take() {
    const Token& token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) { ++at_; }
    return token;
  }

  bool take_if(Token::Kind kind) noexcept {
    if (peek().kind != kind) { return false; }
    take();
    return true;
  }

  // Goes on behind an error: to the next of these words, or to the end.
  void skip_to(std::span<const std::string_view> words) {
    const auto is_one = [&](std::string_view word) { return peek().is(word); };
    while (!is_at_end() && std::ranges::none_of(words, is_one)) { take(); }
  }

 private:
  std::vector<Token> tokens_;  // never empty, ends with `end`
  std::size_t at_ = 0;
};

}  // namespace sluice::policy
