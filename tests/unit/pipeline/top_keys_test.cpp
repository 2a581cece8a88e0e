#include "gateway/pipeline/top_keys.hpp"

#include <random>

#include <gtest/gtest.h>

namespace sluice::pipeline {
namespace {

TEST(TopKeys, CountsTheFirstRequestsExactly) {
  TopKeys keys;
  for (int i = 0; i < 5; ++i) { keys.note("a", i % 2 == 0); }
  keys.note("b", false);
  const auto entries = keys.entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].key, "a");
  EXPECT_EQ(entries[0].requests, 5U);
  EXPECT_EQ(entries[0].hits, 3U);
}

TEST(TopKeys, FindsWhatIsAskedForOftenAmongMuchElse) {
  TopKeys keys;
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) {
    keys.note("rare " + std::to_string(random() % 100'000), false);
    if (i % 20 == 0) { keys.note("often", true); }  // one in twenty, far above one in kPlaces
  }
  const auto entries = keys.entries();
  EXPECT_EQ(entries.size(), TopKeys::kPlaces);
  const auto often = std::ranges::max_element(entries, {}, &TopKeys::Entry::requests);
  EXPECT_EQ(often->key, "often");
  EXPECT_NEAR(static_cast<double>(often->requests), 10'000, 2'000);
  EXPECT_NEAR(static_cast<double>(often->hits), 10'000, 2'000);
}

TEST(TopKeys, NobodyIsSaidToHaveAskedForWhatTookThePlaceOfAnother) {
  TopKeys keys;
  for (std::size_t place = 0; place < TopKeys::kPlaces; ++place) {
    for (int i = 0; i < 10; ++i) { keys.note("known " + std::to_string(place), true); }
  }
  keys.note("once", false);
  const auto entries = keys.entries();
  const auto once = std::ranges::find(entries, "once", &TopKeys::Entry::key);
  ASSERT_NE(once, entries.end());
  EXPECT_EQ(once->requests, 1U);
  EXPECT_EQ(once->hits, 0U);
}

}  // namespace
}  // namespace sluice::pipeline
