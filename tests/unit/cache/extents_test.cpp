#include "cache/extents.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::cache {
namespace {

TEST(Extents, TakesTheSmallestThatIsLargeEnough) {
  Extents extents(100);
  EXPECT_EQ(extents.take(10), 0U);
  EXPECT_EQ(extents.take(30), 10U);
  EXPECT_EQ(extents.take(20), 40U);
  extents.give(10, 30);
  EXPECT_EQ(extents.take(30), 10U);  // rather than the front of the 40 behind
  extents.give(0, 10);
  EXPECT_EQ(extents.take(8), 0U);
  EXPECT_EQ(extents.free(), 42U);
}

TEST(Extents, NeighboursBecomeOne) {
  Extents extents(30);
  ASSERT_EQ(extents.take(10), 0U);
  ASSERT_EQ(extents.take(10), 10U);
  ASSERT_EQ(extents.take(10), 20U);
  EXPECT_FALSE(extents.take(1));
  extents.give(0, 10);
  extents.give(20, 10);
  EXPECT_FALSE(extents.take(11));
  extents.give(10, 10);
  EXPECT_EQ(extents.take(30), 0U);
}

TEST(Extents, NothingOfNothing) {
  Extents extents(0);
  EXPECT_FALSE(extents.take(1));
}

// Beside a table of which unit is taken.
TEST(Extents, NeverGivesAUnitTwiceAndForgetsNone) {
  constexpr std::uint64_t kSize = 512;
  Extents extents(kSize);
  std::vector<bool> is_taken(kSize);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> held;
  std::mt19937 random(1);  // NOLINT(bugprone-random-generator-seed): the same each time
  for (int i = 0; i < 20'000; ++i) {
    if (const auto size = 1 + random() % 40; random() % 2 == 0) {
      const auto begin = extents.take(size);
      if (!begin) { continue; }
      for (auto unit = *begin; unit < *begin + size; ++unit) {
        ASSERT_FALSE(is_taken.at(unit));
        is_taken[unit] = true;
      }
      held.emplace_back(*begin, size);
    } else if (!held.empty()) {
      std::swap(held[random() % held.size()], held.back());
      const auto [begin, length] = held.back();
      held.pop_back();
      extents.give(begin, length);
      std::fill_n(is_taken.begin() + static_cast<std::ptrdiff_t>(begin), length, false);
    }
  }
  for (const auto& [begin, length] : held) { extents.give(begin, length); }
  EXPECT_EQ(extents.free(), kSize);
  EXPECT_EQ(extents.take(kSize), 0U);
}

}  // namespace
}  // namespace sluice::cache
