#include "tests/bench/cache_simulator/trace_generator.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/bench/cache_simulator/web_size.hpp"

namespace sluice::simulator {
namespace {

constexpr GeneratorOptions kOptions{.keys = 2000, .requests = 40'000, .seed = 9};

bool is_same(const RequestTrace& a, const RequestTrace& b) {
  return std::ranges::equal(a.requests, b.requests, [](const TraceRequest& x, const TraceRequest& y) {
    return x.key == y.key && x.size == y.size;
  });
}

TEST(TraceGenerator, TheSameSeedMakesTheSameTrace) {
  for (const auto& kind : trace_kinds()) {
    const auto first = *generate_trace(kind.name, kOptions);
    EXPECT_TRUE(is_same(first, *generate_trace(kind.name, kOptions))) << kind.name;
    auto other = kOptions;
    other.seed = 10;
    EXPECT_FALSE(is_same(first, *generate_trace(kind.name, other))) << kind.name;
  }
  EXPECT_FALSE(generate_trace("no-such-kind", kOptions));
}

TEST(TraceGenerator, KeysAreInRangeAndHaveOneSize) {
  for (const auto& kind : trace_kinds()) {
    const auto trace = *generate_trace(kind.name, kOptions);
    EXPECT_EQ(trace.name, kind.name);
    EXPECT_EQ(trace.requests.size(), kOptions.requests) << kind.name;
    std::map<std::uint32_t, std::uint32_t> sizes;
    for (const auto& [key, size] : trace.requests) {
      ASSERT_LT(key, trace.keys) << kind.name;
      ASSERT_EQ(sizes.emplace(key, size).first->second, size) << kind.name;
    }
  }
}

TEST(TraceGenerator, AFixedSizeIsEveryonesSize) {
  auto options = kOptions;
  options.fixed_size = 8192;
  for (const auto& request : generate_trace("mix", options)->requests) { ASSERT_EQ(request.size, 8192U); }
}

TEST(TraceGenerator, ZipfIsAsSkewedAsItSays) {
  auto options = kOptions;
  options.requests = 400'000;
  const auto trace = *generate_trace("zipf-0.9", options);
  std::vector<double> counts(trace.keys);
  for (const auto& request : trace.requests) { counts[request.key] += 1; }
  EXPECT_NEAR(counts[0] / counts[9], std::pow(10, 0.9), 0.5);
  EXPECT_NEAR(counts[0] / counts[99], std::pow(100, 0.9), 6);
}

double share_asked_for_once(const RequestTrace& trace) {
  std::map<std::uint32_t, int> counts;
  for (const auto& request : trace.requests) { ++counts[request.key]; }
  const auto once = std::ranges::count_if(counts, [](const auto& count) { return count.second == 1; });
  return static_cast<double>(once) / static_cast<double>(trace.requests.size());
}

TEST(TraceGenerator, ScansAreNotAskedForAgain) {
  EXPECT_LT(share_asked_for_once(*generate_trace("zipf-0.9", kOptions)), 0.01);
  EXPECT_NEAR(share_asked_for_once(*generate_trace("scan", kOptions)), 0.3, 0.08);
}

TEST(TraceGenerator, PopularityChanges) {
  for (const char* kind : {"drift", "phases", "news"}) {
    const auto trace = *generate_trace(kind, kOptions);
    const auto top_of = [&](std::size_t from, std::size_t to) {
      std::map<std::uint32_t, int> counts;
      for (std::size_t at = from; at < to; ++at) { ++counts[trace.requests[at].key]; }
      std::vector<std::pair<int, std::uint32_t>> order;
      for (const auto& [key, count] : counts) { order.emplace_back(-count, key); }
      std::ranges::sort(order);
      std::set<std::uint32_t> top;
      for (std::size_t i = 0; i < 20 && i < order.size(); ++i) { top.insert(order[i].second); }
      return top;
    };
    const auto first = top_of(0, trace.requests.size() / 5);
    const auto last = top_of(trace.requests.size() / 5 * 4, trace.requests.size());
    const auto kept = std::ranges::count_if(first, [&](std::uint32_t key) { return last.contains(key); });
    EXPECT_LT(kept, 12) << kind;
  }
}

TEST(WebSize, HasTheMedianAndTheTailOfTheWeb) {
  std::vector<std::uint32_t> sizes;
  for (std::uint64_t key = 0; key < 20'000; ++key) { sizes.push_back(web_size(key, 1)); }
  std::ranges::sort(sizes);
  EXPECT_NEAR(sizes[sizes.size() / 2], 13'000, 2'000);
  EXPECT_GE(sizes.front(), 64U);
  EXPECT_EQ(sizes.back(), 16U << 20);
  const auto large = sizes.end() - std::ranges::lower_bound(sizes, 133'000U);
  EXPECT_NEAR(static_cast<double>(large) / static_cast<double>(sizes.size()), 0.11, 0.03);
}

}  // namespace
}  // namespace sluice::simulator
