#include "gateway/control/rates.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kStart{std::chrono::hours(1)};

TEST(Rates, FirstRequestsOfAFreshDaemonAreNoThousandsASecond) {
  const Rates rates(kStart, 0);
  EXPECT_DOUBLE_EQ(rates.per_second(kStart + milliseconds(1), 3), 3.0);
}

TEST(Rates, LooksBackToTheOldestSample) {
  Rates rates(kStart, 100);
  rates.note(kStart + seconds(1), 110);
  rates.note(kStart + seconds(2), 140);
  EXPECT_DOUBLE_EQ(rates.per_second(kStart + seconds(4), 180), 20.0);
}

TEST(Rates, ForgetsWhatIsLongAgo) {
  Rates rates(kStart, 0);
  for (int i = 1; i <= 60; ++i) {
    rates.note(kStart + seconds(i), i <= 30 ? static_cast<std::uint64_t>(i) * 1000 : 30'000);
  }
  EXPECT_DOUBLE_EQ(rates.per_second(kStart + seconds(61), 30'000), 0.0);
  EXPECT_DOUBLE_EQ(rates.per_second(kStart + seconds(61), 30'050), 10.0);
}

TEST(Rates, ACounterThatWentBackIsNoRate) {
  const Rates rates(kStart, 100);
  EXPECT_DOUBLE_EQ(rates.per_second(kStart + seconds(2), 50), 0.0);
}

}  // namespace
}  // namespace sluice::control
