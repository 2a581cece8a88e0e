#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::policy {

// Expressions in RE2 syntax, found anywhere in a URL, upper and lower case distinguished: those of a policy's `url ~`,
// or a group of those of its lists. One pass over the URL answers for all of them, so that its cost does not grow with
// their number.
// The only place that knows RE2.
class UrlPatterns {
 public:
  struct Error {
    std::string message;     // RE2's own words
    std::size_t offset = 0;  // into the expression
  };

  // What is known of an expression without matching it.
  struct Traits {
    // One of these stands, in lower case, in every text that matches in lower case. Empty: nothing is known.
    std::vector<std::string> literals;
    std::size_t program_size = 0;  // in RE2's instructions
    // It says nothing of a site: every URL of http, every URL of https or every tunnel matches it.
    bool is_for_every_url = false;
  };
  // `shortest`: literals that are shorter are not worth looking for.
  static std::expected<Traits, Error> inspect(std::string_view expression, int shortest);

  // The expressions that match a URL.
  class Matches {
   public:
    std::span<const int> numbers() const noexcept { return sorted_; }
    bool has_any(std::uint32_t first, std::uint32_t last) const noexcept;  // of those from `first` up to before `last`

   private:
    friend class UrlPatterns;
    std::vector<int> sorted_;
  };

  static constexpr std::int64_t kMemory = 32 << 20;
  // `memory`: for all expressions together, their program and what is learned about URLs.
  explicit UrlPatterns(std::int64_t memory = kMemory);
  ~UrlPatterns();

  // Its number: they are counted from 0.
  std::expected<std::uint32_t, Error> add(std::string_view expression);
  // REQUIRES: called once, after the last add(). False when together they need more memory than is allowed; they are
  // tried one by one then.
  [[nodiscard]] bool compile();

  // Overwrites `matches`, which is meant to be used again for the next URL. REQUIRES: compile() was called.
  // Memory: RE2 keeps what it learns about URLs within a fixed budget. When a URL does not fit in it, the expressions
  // are tried one by one: slower, but never wrong.
  void match(std::string_view url, Matches& matches) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace sluice::policy
