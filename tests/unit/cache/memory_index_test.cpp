#include "cache/memory_index.hpp"

#include <map>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/cache/store_support.hpp"

namespace sluice::cache::test {
namespace {

std::unique_ptr<MemoryItem> item_of(const std::string& key, std::uint64_t hash) {
  return std::make_unique<MemoryItem>(hash, make_response(key, ""));
}

std::vector<const MemoryItem*> all_of(const MemoryIndex& index, std::uint64_t hash, std::string_view key) {
  std::vector<const MemoryItem*> all;
  for (const auto* item = index.first_of(hash, key); item != nullptr; item = MemoryIndex::next_of(*item)) {
    all.push_back(item);
  }
  return all;
}

TEST(MemoryIndex, FindsTheItemsOfAKeyNewestFirst) {
  MemoryIndex index(MemoryIndex::Table(16, nullptr));
  const auto first = item_of("a", 1);
  const auto other = item_of("b", 1);  // the same hash
  const auto second = item_of("a", 1);
  for (const auto& item : {&first, &other, &second}) { index.add(**item); }
  EXPECT_EQ(all_of(index, 1, "a"), (std::vector<const MemoryItem*>{second.get(), first.get()}));
  EXPECT_EQ(all_of(index, 1, "b"), (std::vector<const MemoryItem*>{other.get()}));
  EXPECT_TRUE(all_of(index, 17, "a").empty());
  index.remove(*second);
  EXPECT_EQ(all_of(index, 1, "a"), (std::vector<const MemoryItem*>{first.get()}));
}

// Random additions and removals with moves in between, some of them half done, against a map.
TEST(MemoryIndex, FindsTheSameWhileItIsMovedToAnotherSize) {
  std::mt19937_64 random(5);
  MemoryIndex index(MemoryIndex::Table(1024, nullptr));
  std::map<std::uint64_t, std::vector<std::unique_ptr<MemoryItem>>> items;  // by hash, oldest first
  MemoryIndex::Table former;
  bool is_moving = false;
  for (int step = 0; step < 60'000; ++step) {
    const auto hash = (random() % 1500) * 0x9E3779B97F4A7C15;
    auto& of_hash = items[hash];
    if (random() % 3 != 0 && of_hash.size() < 4) {
      index.add(*of_hash.emplace_back(item_of("k", hash)));
    } else if (!of_hash.empty()) {
      const auto at = static_cast<std::ptrdiff_t>(random() % of_hash.size());
      index.remove(*of_hash[static_cast<std::size_t>(at)]);
      of_hash.erase(of_hash.begin() + at);
    }
    if (is_moving) {
      if (random() % 50 == 0) { is_moving = index.move_some(former); }
    } else if (random() % 500 == 0) {
      index.begin_move(MemoryIndex::Table(1U << (4 + random() % 9), nullptr));
      is_moving = true;
    }
    const auto asked = step % 2 == 0 ? hash : (random() % 1500) * 0x9E3779B97F4A7C15;
    std::vector<const MemoryItem*> expected;
    for (const auto& item : items[asked]) { expected.insert(expected.begin(), item.get()); }
    ASSERT_EQ(all_of(index, asked, "k"), expected) << step;
  }
}

TEST(MemoryIndex, GivesTheFormerTableBackEmpty) {
  MemoryIndex index(MemoryIndex::Table(1024, nullptr));
  const auto item = item_of("a", 77);
  index.add(*item);
  MemoryIndex::Table former;
  index.begin_move(MemoryIndex::Table(16, nullptr));
  int steps = 1;
  while (index.move_some(former)) { ++steps; }
  EXPECT_GT(steps, 1);
  EXPECT_EQ(former, MemoryIndex::Table(1024, nullptr));
  EXPECT_EQ(index.first_of(77, "a"), item.get());
}

}  // namespace
}  // namespace sluice::cache::test
