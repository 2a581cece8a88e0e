#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::policy {

inline constexpr std::size_t kMostGroups = 256;
using GroupMask = std::bitset<kMostGroups>;

// Literals that are found by a window of a few of their octets, rare ones where they have them: a hash of the window is
// looked for in two maps, and only where both have it is the literal compared. A text is looked at in steps; a literal
// has a window for each remainder of its place by the step, so that none passes between them. Thread: any, once built.
// Lifetime: the literals' octets outlive it.
template <std::size_t kWidth, std::size_t kStep>
class LiteralWindows {
 public:
  static constexpr std::size_t kShortest = kWidth + kStep - 1;

  void add(std::string_view literal, std::uint32_t group);  // REQUIRES: of kShortest octets or more
  void build();
  void scan(std::string_view text, GroupMask& groups) const noexcept;

 private:
  struct Window {
    std::string_view literal;
    std::uint32_t group = 0;
    std::uint32_t offset = 0;
    std::uint32_t octets = 0;
    std::uint32_t next = 0;  // with the same head, + 1
  };

  void compare(std::string_view text, std::size_t at, std::uint32_t octets, GroupMask& groups) const noexcept;

  std::vector<Window> windows_;
  // An octet for each place: windows are of eight kinds, and where one stands both maps have the bit of its kind.
  std::vector<std::uint8_t> first_map_;
  std::vector<std::uint8_t> second_map_;
  std::vector<std::uint32_t> heads_;  // by the place in the first map: number of the first window, + 1
  unsigned shift_ = 64;               // of a hash to a place in the first map
  std::size_t mask_ = 0;              // of one in the second
};

// Tells in one pass over a text - in two, where there are very short ones - which groups of expressions have a literal
// in it that one of their expressions cannot match without.
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
  LiteralWindows<4, 2> long_;
  LiteralWindows<kShortest, 1> short_;
};

}  // namespace sluice::policy
