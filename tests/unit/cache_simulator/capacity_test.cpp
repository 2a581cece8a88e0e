#include "tests/bench/cache_simulator/capacity.hpp"

#include <gtest/gtest.h>

namespace sluice::simulator {
namespace {

TEST(Capacity, IsAPartOfTheDistinctOctetsOrANumberOfThem) {
  const struct {
    const char* text;
    std::uint64_t octets;
  } cases[] = {{"10%", 1000}, {"0.5%", 50}, {"100%", 10'000}, {"0.001%", 1}, {"64KiB", 65'536}, {"12", 12}};
  for (const auto& [text, octets] : cases) {
    const auto capacity = Capacity::parse(text);
    ASSERT_TRUE(capacity) << text;
    EXPECT_EQ(capacity->octets(10'000), octets) << text;
    EXPECT_EQ(capacity->text(), text);
  }
}

TEST(Capacity, RefusesWhatIsNeither) {
  for (const char* text : {"", "%", "0%", "-1%", "101%", "ten%", "1%%", "0", "much", "10 %%"}) {
    const auto capacity = Capacity::parse(text);
    ASSERT_FALSE(capacity) << text;
    EXPECT_EQ(capacity.error(), "'" + std::string(text) + "' is no size of a cache; write 10% or 64MiB");
  }
}

}  // namespace
}  // namespace sluice::simulator
