#include "gateway/config/nearest.hpp"

#include <gtest/gtest.h>

namespace sluice::config {
namespace {

TEST(NearestName, DistanceCountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("cache", "cashe"), 1U);
  EXPECT_EQ(edit_distance("memory", "meomry"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(NearestName, IsGivenOnlyWhenItIsNear) {
  EXPECT_EQ(nearest("jsn", {"json", "squid"}), "json");
  EXPECT_EQ(nearest("squid", {"json", "squid"}), "squid");
  EXPECT_EQ(nearest("apache", {"json", "squid"}), "");
  EXPECT_EQ(nearest("", {"json"}), "");
  EXPECT_EQ(nearest(std::string(100'000, 'a'), {"json"}), "");
}

}  // namespace
}  // namespace sluice::config
