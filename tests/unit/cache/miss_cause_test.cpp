#include "cache/miss_cause.hpp"

#include <set>

#include <gtest/gtest.h>

namespace sluice::cache {
namespace {

TEST(MissCause, EveryCauseHasItsOwnWord) {
  std::set<std::string_view> words;
  for (int i = 0; i < static_cast<int>(MissCause::count_); ++i) { words.insert(to_string(static_cast<MissCause>(i))); }
  EXPECT_EQ(words.size(), static_cast<std::size_t>(MissCause::count_));
  EXPECT_EQ(to_string(MissCause::none), "-");
  EXPECT_EQ(to_string(MissCause::no_store), "no-store");
  EXPECT_EQ(to_string(MissCause::private_), "private");
  EXPECT_EQ(to_string(MissCause::bypass), "bypass");
}

}  // namespace
}  // namespace sluice::cache
