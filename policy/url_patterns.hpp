#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::policy {

// All `url ~` expressions of a policy, in RE2 syntax, found anywhere in a URL, upper and lower case distinguished. One
// pass over the URL answers for all of them, so that its cost does not grow with their number.
// The only place that knows RE2.
class UrlPatterns {
 public:
  struct Error {
    std::string message;     // RE2's own words
    std::size_t offset = 0;  // into the expression
  };

  // The expressions that match a URL.
  class Matches {
   public:
    bool has_any(std::uint32_t first, std::uint32_t last) const noexcept;  // of those from `first` up to before `last`

   private:
    friend class UrlPatterns;
    std::vector<int> sorted_;
  };

  UrlPatterns();
  ~UrlPatterns();

  // Its number: they are counted from 0.
  std::expected<std::uint32_t, Error> add(std::string_view expression);
  // REQUIRES: called once, after the last add(). False when together they need more memory than is allowed.
  [[nodiscard]] bool compile();

  // Overwrites `matches`, which is meant to be used again for the next URL. REQUIRES: compile() was true.
  // Memory: RE2 keeps what it learns about URLs within a fixed budget. When a URL does not fit in it, the expressions
  // are tried one by one: slower, but never wrong.
  void match(std::string_view url, Matches& matches) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace sluice::policy
