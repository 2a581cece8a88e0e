#include "gateway/base/hexid.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(HexId, HasSixteenLowerCaseDigits) {
  HexIdGenerator generator;
  const HexId id = generator.next();
  EXPECT_EQ(view(id).size(), 16U);
  EXPECT_EQ(view(id).find_first_not_of("0123456789abcdef"), std::string_view::npos);
}

TEST(HexId, IsWhatSplitMix64Gives) {
  HexIdGenerator generator(0);
  EXPECT_EQ(view(generator.next()), "e220a8397b1dcdaf");  // the generator's published first output for seed 0
}

TEST(HexId, DoesNotRepeat) {
  HexIdGenerator first, second;
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) {
    EXPECT_TRUE(seen.emplace(view(first.next())).second);
    EXPECT_TRUE(seen.emplace(view(second.next())).second);
  }
}

}  // namespace
}  // namespace sluice
