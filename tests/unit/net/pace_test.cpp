#include "gateway/net/pace.hpp"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;

class PaceTest : public testing::Test {
 protected:
  // Takes all that may pass of `wanted` until `end`, as fast as it may, and returns how much that was.
  std::uint64_t pass_until(Pace& pace, SteadyTime end, std::size_t wanted) {
    std::uint64_t passed = 0;
    while (now_ <= end) {
      const auto allowed = pace.allow(wanted, now_);
      if (allowed == 0) {
        EXPECT_GT(pace.when(wanted), now_) << "it would be asked again and again";
        now_ = pace.when(wanted);
        continue;
      }
      pace.take(allowed);
      passed += allowed;
      ++pieces_;
    }
    return passed;
  }

  const SteadyTime start_ = coarse_now();
  SteadyTime now_ = start_;
  int pieces_ = 0;
};

TEST_F(PaceTest, BeginsWithASecondsWorth) {
  Pace pace(1000, now_);
  EXPECT_EQ(pace.allow(5000, now_), 1000U);
  EXPECT_EQ(pace.allow(10, now_), 10U);
  pace.take(1000);
  EXPECT_EQ(pace.allow(5000, now_), 0U);
}

TEST_F(PaceTest, NoMoreThanTheRatePassesOnAverage) {
  for (const std::uint64_t rate : {1UL, 7UL, 16UL, 1000UL, 1'000'003UL, 10'000'000'000UL}) {
    for (const std::size_t wanted : {1UL, 1000UL, 65536UL}) {
      if (rate / wanted > 200'000) { continue; }  // as many pieces as this would take a while
      now_ = start_;
      Pace pace(rate, now_);
      const auto passed = pass_until(pace, start_ + 3s, wanted);
      EXPECT_LE(passed, 4 * rate) << rate << ' ' << wanted;
      EXPECT_GE(passed + rate / 16 + wanted + 1, 4 * rate) << rate << ' ' << wanted;
    }
  }
}

TEST_F(PaceTest, PassesInPortionsThatAreWorthAWrite) {
  Pace pace(16'000, now_);
  pace.take(16'000);
  EXPECT_EQ(pace.when(65536), now_ + 62500us);
  EXPECT_EQ(pace.allow(65536, now_ + 62499us), 0U);
  EXPECT_EQ(pace.allow(65536, now_ + 62500us), 1000U);
  EXPECT_EQ(pace.when(16), now_ + 1ms) << "the rest of a message does not wait for company";
  EXPECT_EQ(pace.allow(16, now_ + 1ms), 16U);
  pass_until(pace, start_ + 2s, 65536);
  EXPECT_LE(pieces_, 2 * 16 + 1);
}

TEST_F(PaceTest, WhatIsNotUsedLapsesAfterASecond) {
  Pace pace(1000, now_);
  pace.take(1000);
  now_ += 1h;
  EXPECT_EQ(pace.allow(5000, now_), 1000U);
  pace.take(1000);
  EXPECT_EQ(pace.allow(5000, now_), 0U);
}

TEST_F(PaceTest, WhatWasAllowedAndNotTakenIsStillThere) {
  Pace pace(1000, now_);
  EXPECT_EQ(pace.allow(800, now_), 800U);
  pace.take(300);
  EXPECT_EQ(pace.allow(5000, now_), 700U);
}

}  // namespace
}  // namespace sluice::net
