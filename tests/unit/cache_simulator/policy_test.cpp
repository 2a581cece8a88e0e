// Each policy on sequences that can be followed by hand, and all of them on generated ones.

#include "tests/bench/cache_simulator/policy.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/bench/cache_simulator/belady.hpp"
#include "tests/bench/cache_simulator/trace_generator.hpp"

namespace sluice::simulator {
namespace {

using Sizes = std::map<char, std::uint32_t>;

// A trace of one-letter keys; those that `sizes` does not name have one octet.
RequestTrace trace_of(std::string_view keys, const Sizes& sizes = {}) {
  RequestTrace trace;
  trace.keys = 26;
  for (const char key : keys) {
    const auto size = sizes.find(key);
    trace.requests.push_back({static_cast<std::uint32_t>(key - 'a'), size == sizes.end() ? 1 : size->second});
  }
  return trace;
}

const PolicyKind& kind_of(std::string_view name) {
  const auto found = std::ranges::find(policy_kinds(), name, &PolicyKind::name);
  EXPECT_NE(found, policy_kinds().end()) << name;
  return *found;
}

// "h" for each hit, "." for each miss.
std::string hits(std::string_view policy, std::string_view keys, std::uint64_t capacity, const Sizes& sizes = {}) {
  const auto trace = trace_of(keys, sizes);
  const auto made = kind_of(policy).make(trace, capacity);
  std::string out;
  for (const auto& request : trace.requests) { out += made->request(request) ? 'h' : '.'; }
  return out;
}

TEST(Policies, FollowTheirRules) {
  const struct {
    const char* policy;
    const char* keys;
    std::uint64_t capacity;
    const char* expected;
    Sizes sizes;
  } cases[] = {
      {"fifo", "abacab", 2, "..h...", {}},
      {"lru", "abacab", 2, "..h.h.", {}},
      {"lru", "abcabc", 2, "......", {}},
      {"lru", "abcac", 4, "....h", {{'a', 1}, {'b', 3}, {'c', 1}}},
      {"lru", "aab", 4, "...", {{'a', 5}}},
      {"lfu-da", "aaaabcbca", 2, ".hhh....h", {}},
      {"lfu-da", "aabcda", 2, ".h....", {}},
      {"gdsf", "abca", 4, "...h", {{'a', 1}, {'b', 3}, {'c', 1}}},
      {"gdsf", "abcb", 4, "....", {{'a', 1}, {'b', 3}, {'c', 1}}},
      {"belady", "abcabc", 2, "...hh.", {}},
      {"belady", "abcdab", 2, "....hh", {}},
      {"belady-size", "abcabc", 3, "...h.h", {{'a', 1}, {'b', 2}, {'c', 1}}},
      {"sieve", "abacad", 2, "..h.h.", {}},
      {"s3-fifo", "abacadab", 2, "..h.h.h.", {}},
  };
  for (const auto& [policy, keys, capacity, expected, sizes] : cases) {
    EXPECT_EQ(hits(policy, keys, capacity, sizes), expected) << policy << " " << keys;
  }
}

TEST(Policies, OnlyWTinyLfuRefusesWhatWasNotAskedForBefore) {
  std::string keys;
  for (int i = 0; i < 10; ++i) { keys += "abc"; }
  EXPECT_EQ(hits("w-tinylfu", keys + "defabc", 3).substr(30), "...hhh");
  EXPECT_EQ(hits("lru", keys + "defabc", 3).substr(30), "......");
}

TEST(Bound, IsReachedWhereTheOptimumIsKnown) {
  // Each of the three hits spans three requests of one octet; two octets of room over six requests pay for all of them.
  const auto trace = trace_of("abcabc");
  EXPECT_DOUBLE_EQ(hit_ratio_bound(trace, 2).objects, 3.0 / 6);
  EXPECT_DOUBLE_EQ(hit_ratio_bound(trace, 1).objects, 2.0 / 6);
  EXPECT_DOUBLE_EQ(hit_ratio_bound(trace_of("abcdef"), 100).objects, 0);
}

TEST(Bound, CountsOctetsByThemselves) {
  const auto trace = trace_of("abab", {{'a', 10}, {'b', 1}});
  EXPECT_DOUBLE_EQ(hit_ratio_bound(trace, 11).octets, 11.0 / 22);
  EXPECT_DOUBLE_EQ(hit_ratio_bound(trace, 1).octets, 1.0 / 22);  // `a` is larger than the cache
}

class OnGeneratedTraces : public testing::TestWithParam<std::string> {
 protected:
  static RequestTrace trace(std::uint32_t fixed_size) {
    return *generate_trace(GetParam(), {.keys = 4000, .requests = 60'000, .seed = 3, .fixed_size = fixed_size});
  }
  static HitRatios ratios(std::string_view policy, const RequestTrace& trace, double share) {
    const auto capacity = static_cast<std::uint64_t>(share * static_cast<double>(trace.distinct_octets()));
    const auto made = kind_of(policy).make(trace, capacity);
    return replay(trace, *made);
  }
};

TEST_P(OnGeneratedTraces, NobodyExceedsTheBound) {
  for (const std::uint32_t fixed_size : {0U, 8192U}) {
    const auto requests = trace(fixed_size);
    const auto bound = hit_ratio_bound(requests, requests.distinct_octets() / 10);
    for (const auto& kind : policy_kinds()) {
      const auto reached = ratios(kind.name, requests, 0.1);
      EXPECT_LE(reached.objects, bound.objects + 1e-9) << kind.name;
      EXPECT_LE(reached.octets, bound.octets + 1e-9) << kind.name;
    }
  }
}

TEST_P(OnGeneratedTraces, NobodyIsBetterThanBeladyWhenSizesAreEqual) {
  const auto requests = trace(8192);
  const auto best = ratios("belady", requests, 0.1).objects;
  for (const auto& kind : policy_kinds()) { EXPECT_LE(ratios(kind.name, requests, 0.1).objects, best) << kind.name; }
}

// What the memory tier was chosen for.
TEST_P(OnGeneratedTraces, TheMemoryTierHitsMoreOftenThanLruAndFifo) {
  for (const std::uint32_t fixed_size : {0U, 8192U}) {
    const auto requests = trace(fixed_size);
    for (const double share : {0.03, 0.1}) {
      const auto reached = ratios("sluice", requests, share).objects;
      EXPECT_GT(reached, ratios("lru", requests, share).objects) << fixed_size << " " << share;
      EXPECT_GT(reached, ratios("fifo", requests, share).objects) << fixed_size << " " << share;
    }
  }
}

TEST_P(OnGeneratedTraces, TheWholeTierDoesAsItsOrderOfEviction) {
  const auto requests = trace(0);
  EXPECT_NEAR(ratios("sluice-store", requests, 0.3).objects, ratios("sluice", requests, 0.3).objects, 0.03);
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const auto& kind : trace_kinds()) { names.emplace_back(kind.name); }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Kinds, OnGeneratedTraces, testing::ValuesIn(kind_names()), [](const auto& kind) {
  std::string name = kind.param;
  std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
  return name;
});

}  // namespace
}  // namespace sluice::simulator
