#include "cache/spans.hpp"

#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace sluice::cache {
namespace {

std::string text(const Spans& spans) {
  std::string out;
  for (const auto& range : spans.ranges()) {
    out += std::to_string(range.first) + "-" + std::to_string(range.last) + " ";
  }
  return out;
}

TEST(Spans, WhatTouchesOrOverlapsBecomesOne) {
  Spans spans;
  spans.add({10, 19});
  spans.add({30, 39});
  EXPECT_EQ(text(spans), "10-19 30-39 ");
  spans.add({20, 24});
  EXPECT_EQ(text(spans), "10-24 30-39 ");
  spans.add({25, 29});
  EXPECT_EQ(text(spans), "10-39 ");
  spans.add({0, 100});
  EXPECT_EQ(text(spans), "0-100 ");
  spans.add({5, 6});
  EXPECT_EQ(text(spans), "0-100 ");
}

// Against a set of single octets.
TEST(Spans, AgreeWithABitmap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    Spans spans;
    std::string bitmap(64, '.');
    for (int i = 0; i < 12; ++i) {
      const std::uint64_t first = random() % 64;
      const auto last = std::min<std::uint64_t>(63, first + random() % 9);
      spans.add({first, last});
      for (auto at = first; at <= last; ++at) { bitmap[at] = 'x'; }
      const std::uint64_t from = random() % 64;
      const auto to = from + random() % (64 - from);
      const auto asked = bitmap.substr(from, to - from + 1);
      const auto missing = asked.find('.');
      const auto gap = spans.first_gap({from, to});
      ASSERT_EQ(gap.has_value(), missing != asked.npos);
      EXPECT_EQ(spans.covers({from, to}), missing == asked.npos);
      if (gap) {
        const auto end = std::min(asked.find('x', missing), asked.size());
        EXPECT_EQ(*gap, (ByteRange{from + missing, from + end - 1}));
      }
      const auto run = spans.run_at_front({from, to});
      ASSERT_EQ(run.has_value(), asked.front() == 'x');
      if (run) { EXPECT_EQ(run->size(), std::min(missing, asked.size())); }
      EXPECT_EQ(spans.octets_ahead_of(from),
                static_cast<std::uint64_t>(std::ranges::count(bitmap.substr(0, from), 'x')));
      EXPECT_EQ(spans.octets(), static_cast<std::uint64_t>(std::ranges::count(bitmap, 'x')));
    }
  }
}

}  // namespace
}  // namespace sluice::cache
