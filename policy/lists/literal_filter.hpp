#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::policy {

inline constexpr std::size_t kMostGroups = 256;
using GroupMask = std::bitset<kMostGroups>;

// Tells in one pass over a text which groups of expressions have a literal in it that one of their expressions cannot
// match without. Of each literal three octets, rare ones where it has them, are looked for by a hash in a bitmap;
// only where they stand is the literal compared.
// Thread: any, once built. Lifetime: the literals' octets outlive it.
class LiteralFilter {
 public:
  static constexpr std::size_t kShortest = 3;

  // REQUIRES: of kShortest octets or more, in lower case; group < kMostGroups.
  void add(std::string_view literal, std::uint32_t group);
  void build();  // REQUIRES: called once, after the last add()

  // `lower`: the text in lower case.
  void scan(std::string_view lower, GroupMask& groups) const noexcept;

 private:
  struct Literal {
    std::string_view text;
    std::uint32_t group = 0;
    std::uint32_t offset = 0;  // of the three octets
    std::uint32_t next = 0;    // with the same head, + 1
  };

  void compare(std::string_view lower, std::size_t at, std::uint32_t hash, GroupMask& groups) const noexcept;

  std::vector<Literal> literals_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> heads_;  // number of the first literal, + 1
  unsigned shift_ = 32;               // of a hash to a place in the bitmap
  unsigned head_shift_ = 32;
};

}  // namespace sluice::policy
