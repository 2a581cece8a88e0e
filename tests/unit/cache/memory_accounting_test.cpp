// The budget of the memory tier counts everything: what the store says it uses is what the allocator gave out for it.

#include <gtest/gtest.h>
#include <malloc.h>

#include "cache/memory_store.hpp"
#include "tests/unit/cache/store_support.hpp"

namespace sluice::cache::test {
namespace {

constexpr std::uint64_t kBudget = 48ULL << 20;
constexpr double kTolerance = 0.02;

std::uint64_t allocated_now() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Sanitizers have an allocator of their own, of which mallinfo2 knows nothing.
bool allocator_tells() {
  const auto before = allocated_now();
  const std::string block(1 << 20, 'x');
  return allocated_now() >= before + block.size();
}

struct Shape {
  const char* name;
  std::size_t content;
  std::size_t block;  // octets a segment
  std::size_t key;    // octets
  Lines fields;
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.name;
}

const Lines kFew{{"Content-Type", "image/webp"}, {"ETag", "\"5f2c-61a\""}};
const Lines kVaries{{"Content-Type", "text/html; charset=utf-8"},
                    {"Vary", "Accept-Encoding, X-A-Long-Enough-Field-Name, Accept-Language"},
                    {"Cache-Control", "public, max-age=86400, stale-while-revalidate=3600"}};

const Shape kShapes[] = {
    {"no content", 0, 1, 40, kFew},
    {"tiny", 60, 60, 12, kFew},
    {"small", 1000, 1000, 60, kFew},
    {"small, varies", 1000, 1000, 60, kVaries},
    {"a page", 14'321, 14'321, 90, kVaries},
    {"a page with a long key", 14'321, 14'321, 2000, kFew},
    {"many fields", 700, 700, 60, Lines(60, {"X-Some-Field-Or-Other", std::string(50, 'v')})},
    {"in blocks", 300'000, 64 << 10, 60, kFew},
    {"large", 3'000'000, 1 << 20, 60, kFew},
};

// Allocated as the gateway does it: blocks with their counts in one piece.
StoredResponsePtr response_of(const Shape& shape, std::size_t number) {
  auto response = std::make_shared<StoredResponse>();
  auto key = std::to_string(number) + "/";
  key.resize(std::max(shape.key, key.size()), 'k');
  response->head = make_head(std::move(key), shape.content, shape.fields);
  for (std::size_t at = 0; at < shape.content; at += shape.block) {
    const auto size = std::min(shape.block, shape.content - at);
    auto block = std::make_shared_for_overwrite<char[]>(size);
    const char* data = block.get();
    response->segments.push_back({std::move(block), data, size});
  }
  response->segments.shrink_to_fit();
  return response;
}

void fill(Store& store, const Shape& shape, std::size_t& number) {
  for (int i = 0; i < 3; ++i) {  // so that some were evicted and others took their places
    const auto evicted = store.stats().evictions;
    const auto most = number + kBudget / 512;
    while (number < most && store.stats().evictions < evicted + 100) {
      ASSERT_TRUE(store.put(response_of(shape, number++)));
    }
  }
}

class MemoryAccounting : public testing::TestWithParam<Shape> {};

TEST_P(MemoryAccounting, WhatIsCountedIsWhatIsAllocated) {
  if (!allocator_tells()) { GTEST_SKIP() << "the allocator of this build does not say what it gave out"; }
  std::size_t number = 0;
  const auto before = allocated_now();
  const auto store = make_memory_store({.budget = kBudget, .largest_response = kBudget / 4, .shards = 4});
  const auto empty = allocated_now() - before;
  EXPECT_NEAR(static_cast<double>(store->stats().octets), static_cast<double>(empty), 8192);
  fill(*store, GetParam(), number);
  const auto counted = static_cast<double>(store->stats().octets);
  const auto held = static_cast<double>(allocated_now() - before);
  EXPECT_GT(counted, 0.9 * kBudget);
  EXPECT_LE(counted, kBudget);
  EXPECT_LE(held, counted * (1 + kTolerance));
  EXPECT_GE(held, counted * (1 - kTolerance));
}

// Parts that overlap, join and are dropped with what they joined.
TEST(MemoryAccountingOfParts, CountsWhatIsKeptOfThem) {
  if (!allocator_tells()) { GTEST_SKIP() << "the allocator of this build does not say what it gave out"; }
  const std::string whole(300'000, 'x');
  const auto before = allocated_now();
  const auto store = make_memory_store({.budget = kBudget, .largest_response = kBudget / 4, .shards = 4});
  for (int number = 0; number < 400; ++number) {
    for (std::uint64_t first = 0; first < 200'000; first += 30'000) {
      ASSERT_TRUE(store->put_part(make_part(std::to_string(number), whole, {first, first + 49'999}, "x")));
    }
  }
  const auto counted = static_cast<double>(store->stats().octets);
  const auto held = static_cast<double>(allocated_now() - before);
  EXPECT_GT(counted, 0.9 * kBudget);
  EXPECT_LE(counted, kBudget);
  EXPECT_LE(held, counted * (1 + kTolerance));
  EXPECT_GE(held, counted * (1 - kTolerance));
}

INSTANTIATE_TEST_SUITE_P(Shapes, MemoryAccounting, testing::ValuesIn(kShapes), [](const auto& shape) {
  std::string name = shape.param.name;
  std::erase_if(name, [](char c) { return c == ' ' || c == ','; });
  return name;
});

}  // namespace
}  // namespace sluice::cache::test
