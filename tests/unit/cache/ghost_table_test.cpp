#include "cache/ghost_table.hpp"

#include <gtest/gtest.h>

namespace sluice::cache {
namespace {

// Hashes whose fingerprints differ, all in one set of a small table.
std::uint64_t hash_of(std::uint64_t number) {
  return (number + 1) << 40;
}

TEST(GhostTable, KnowsWhichQueueWasLeftAndHowManyLeftItSince) {
  GhostTable ghosts(64);
  ghosts.remember(hash_of(1), EvictionQueue::small);
  ghosts.remember(hash_of(2), EvictionQueue::main);
  ghosts.remember(hash_of(3), EvictionQueue::small);
  ghosts.remember(hash_of(4), EvictionQueue::small);
  const auto small = ghosts.take(hash_of(1));
  ASSERT_TRUE(small);
  EXPECT_EQ(small->left, EvictionQueue::small);
  EXPECT_EQ(small->departures_since, 2U);
  const auto main = ghosts.take(hash_of(2));
  ASSERT_TRUE(main);
  EXPECT_EQ(main->left, EvictionQueue::main);
  EXPECT_EQ(main->departures_since, 0U);
}

TEST(GhostTable, AGhostIsTakenOnce) {
  GhostTable ghosts(64);
  EXPECT_FALSE(ghosts.take(hash_of(1)));
  EXPECT_FALSE(ghosts.has(hash_of(1)));
  ghosts.remember(hash_of(1), EvictionQueue::small);
  EXPECT_TRUE(ghosts.has(hash_of(1)));
  EXPECT_TRUE(ghosts.take(hash_of(1)));
  EXPECT_FALSE(ghosts.take(hash_of(1)));
  EXPECT_FALSE(ghosts.has(hash_of(1)));
}

TEST(GhostTable, TheOldestOfASetMakesRoom) {
  GhostTable ghosts(4);  // one set
  for (std::uint64_t number = 0; number < 5; ++number) { ghosts.remember(hash_of(number), EvictionQueue::small); }
  EXPECT_FALSE(ghosts.take(hash_of(0)));
  for (std::uint64_t number = 1; number < 5; ++number) { EXPECT_TRUE(ghosts.take(hash_of(number))) << number; }
}

TEST(GhostTable, AnEmptySlotIsFilledAheadOfAnyGhost) {
  GhostTable ghosts(4);
  for (std::uint64_t number = 0; number < 4; ++number) { ghosts.remember(hash_of(number), EvictionQueue::main); }
  ASSERT_TRUE(ghosts.take(hash_of(3)));
  ghosts.remember(hash_of(9), EvictionQueue::main);
  for (const std::uint64_t number : {0, 1, 2, 9}) { EXPECT_TRUE(ghosts.take(hash_of(number))) << number; }
}

TEST(GhostTable, AHashWithoutHighBitsIsRememberedToo) {
  GhostTable ghosts(64);
  ghosts.remember(7, EvictionQueue::small);
  EXPECT_TRUE(ghosts.take(7));
}

}  // namespace
}  // namespace sluice::cache
