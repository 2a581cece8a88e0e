#include "cache/eviction_order.hpp"

#include <deque>
#include <map>

#include <gtest/gtest.h>

namespace sluice::cache {
namespace {

// Entries by name, and the order that they are in.
class Entries {
 public:
  explicit Entries(std::size_t ghosts = 1024) : order(ghosts) {}

  EvictionEntry& add(int name, std::uint64_t octets = 1000) {
    const auto hash = (static_cast<std::uint64_t>(name) + 1) * 0x9E3779B97F4A7C15;
    auto& entry = storage_.emplace_back(hash, octets);
    names_[&entry] = name;
    order.insert(entry);
    return entry;
  }
  int evict() {
    const auto* entry = order.evict();
    return entry != nullptr ? names_.at(entry) : -1;
  }

  EvictionOrder order;

 private:
  std::deque<EvictionEntry> storage_;
  std::map<const EvictionEntry*, int> names_;
};

TEST(EvictionOrder, IsEmptyAtFirst) {
  EXPECT_EQ(Entries().evict(), -1);
}

TEST(EvictionOrder, WhatWasNotUsedGoesFirstInFirstOut) {
  Entries entries;
  for (int name = 0; name < 4; ++name) { entries.add(name); }
  for (int name = 0; name < 4; ++name) { EXPECT_EQ(entries.evict(), name); }
  EXPECT_EQ(entries.evict(), -1);
}

TEST(EvictionOrder, WhatWasUsedOutlivesWhatWasNot) {
  Entries entries;
  EvictionOrder::mark_used(entries.add(0));
  entries.add(1);
  entries.add(2);
  EXPECT_EQ(entries.evict(), 1);
  EXPECT_EQ(entries.evict(), 2);
  EXPECT_EQ(entries.evict(), 0);
}

TEST(EvictionOrder, AScanPassesThroughTheSmallQueue) {
  Entries entries;
  for (int name = 0; name < 90; ++name) { EvictionOrder::mark_used(entries.add(name)); }
  for (int name = 1000; name < 1010; ++name) { entries.add(name); }
  for (int name = 2000; name < 4000; ++name) {
    EXPECT_GE(entries.evict(), 1000);
    entries.add(name);
  }
}

TEST(EvictionOrder, InTheMainQueueEachUseIsARound) {
  Entries entries;
  auto& often = entries.add(0);
  EvictionOrder::mark_used(often);
  auto& once = entries.add(1);
  EvictionOrder::mark_used(once);
  entries.add(2);
  EXPECT_EQ(entries.evict(), 2);  // the others are in the main queue now
  for (int use = 0; use < 3; ++use) { EvictionOrder::mark_used(often); }
  EvictionOrder::mark_used(once);
  entries.add(3);
  EvictionOrder::mark_used(entries.add(4));
  EXPECT_EQ(entries.evict(), 3);
  EXPECT_EQ(entries.evict(), 4);
  EXPECT_EQ(entries.evict(), 1);
  EXPECT_EQ(entries.evict(), 0);
}

TEST(EvictionOrder, WhatComesBackSoonEntersTheMainQueue) {
  Entries entries;
  for (int name = 0; name < 20; ++name) { entries.add(name); }
  EXPECT_EQ(entries.evict(), 0);
  entries.add(0);
  for (int name = 1; name < 20; ++name) { EXPECT_EQ(entries.evict(), name); }
  EXPECT_EQ(entries.evict(), 0);
}

TEST(EvictionOrder, WhatComesBackLateDoesNot) {
  Entries entries;
  for (int name = 0; name < 20; ++name) { entries.add(name); }
  EXPECT_EQ(entries.evict(), 0);
  for (int name = 20; name < 40; ++name) {  // as many departures as there are entries
    entries.evict();
    entries.add(name);
  }
  entries.add(0);
  entries.add(40);
  int after_it = 0;
  for (int name = entries.evict(); name != 0; name = entries.evict()) { ASSERT_NE(name, -1); }
  while (entries.evict() != -1) { ++after_it; }
  EXPECT_EQ(after_it, 1);
}

TEST(EvictionOrder, OfEntriesOfTheSameAgeTheLargerGoesFirst) {
  Entries entries;
  entries.add(0, 1'000);
  entries.add(1, 100'000);
  entries.add(2, 10'000'000);
  entries.add(3, 1'000);
  EXPECT_EQ(entries.evict(), 2);
  EXPECT_EQ(entries.evict(), 1);
  EXPECT_EQ(entries.evict(), 0);
  EXPECT_EQ(entries.evict(), 3);
}

TEST(EvictionOrder, AgeOutweighsSizeInTheEnd) {
  Entries entries;
  entries.add(0, 1'000);  // a hundredth of the size: ten times the age makes up for it, in steps of a power of two
  for (int name = 1; name < 50; ++name) { entries.add(name, 1'000); }
  entries.add(50, 100'000);
  EXPECT_EQ(entries.evict(), 0);
}

TEST(EvictionOrder, TheShareOfTheSmallQueueFollowsWhatComesBack) {
  Entries entries;
  const double first = entries.order.small_share();
  for (int name = 0; name < 100; ++name) { entries.add(name); }
  for (int round = 0; round < 20; ++round) { entries.add(entries.evict()); }  // each came back at once
  const double grown = entries.order.small_share();
  EXPECT_GT(grown, first);
  Entries used;
  for (int name = 0; name < 100; ++name) { EvictionOrder::mark_used(used.add(name)); }
  for (int round = 0; round < 20; ++round) { used.add(used.evict()); }  // out of the main queue
  EXPECT_LT(used.order.small_share(), first);
}

TEST(EvictionOrder, AReplacementKeepsQueueAndUses) {
  Entries entries;
  auto& old = entries.add(0);
  EvictionOrder::mark_used(old);
  EvictionEntry fresh(old.hash(), 2000);
  entries.order.replace(old, fresh);
  entries.add(1);
  EXPECT_EQ(entries.evict(), 1);
  EXPECT_EQ(entries.order.evict(), &fresh);
  EXPECT_EQ(entries.order.evict(), nullptr);
}

TEST(EvictionOrder, WhatIsRemovedLeavesNoGhost) {
  Entries entries;
  for (int name = 0; name < 20; ++name) { entries.add(name); }
  auto& gone = entries.add(20);
  entries.order.remove(gone);
  entries.order.insert(gone);
  entries.add(21);
  for (int name = 0; name < 22; ++name) { EXPECT_EQ(entries.evict(), name); }
}

TEST(EvictionOrder, ARechargedEntryKeepsItsPlace) {
  Entries entries;
  auto& first = entries.add(0);
  entries.add(1);
  entries.order.recharge(first, 50'000);
  EXPECT_EQ(first.octets(), 50'000U);
  EXPECT_EQ(entries.evict(), 0);
  EXPECT_EQ(entries.evict(), 1);
}

TEST(EvictionOrder, AnEvictionEndsHoweverMuchWasUsed) {
  Entries entries;
  for (int name = 0; name < 1000; ++name) {
    auto& entry = entries.add(name);
    for (int use = 0; use < 10; ++use) { EvictionOrder::mark_used(entry); }
  }
  for (int i = 0; i < 1000; ++i) { EXPECT_NE(entries.evict(), -1); }
  EXPECT_EQ(entries.evict(), -1);
}

}  // namespace
}  // namespace sluice::cache
