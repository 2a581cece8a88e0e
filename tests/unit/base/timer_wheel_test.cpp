#include "gateway/base/timer_wheel.hpp"

#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

using namespace std::chrono_literals;

struct Fired {
  int count = 0;
  static void count_up(void* self) { ++static_cast<Fired*>(self)->count; }
};

class TimerWheelTest : public testing::Test {
 protected:
  // Looks at every tick up to `time` after the start, as a worker does.
  void advance_to(milliseconds time) {
    for (; passed_ <= time; passed_ += TimerWheel::kTick) { wheel_.advance(start_ + passed_); }
  }

  TimerWheel wheel_;
  SteadyTime start_ = coarse_now();
  milliseconds passed_{0};
  Fired fired_;
  Deadline deadline_{wheel_, &Fired::count_up, &fired_};
};

TEST_F(TimerWheelTest, ADeadlineFiresOnceAndNotAheadOfItsTime) {
  deadline_.arm_at(start_ + 1s);
  advance_to(999ms);
  EXPECT_EQ(fired_.count, 0);
  EXPECT_TRUE(deadline_.is_armed());
  advance_to(1s + 2 * TimerWheel::kTick);
  EXPECT_EQ(fired_.count, 1);
  EXPECT_FALSE(deadline_.is_armed());
  advance_to(120s);
  EXPECT_EQ(fired_.count, 1);
  EXPECT_TRUE(wheel_.is_empty());
}

TEST_F(TimerWheelTest, ADeadlineOfThePastFiresAtTheNextTick) {
  deadline_.arm_at(start_ - 1s);
  advance_to(2 * TimerWheel::kTick);
  EXPECT_EQ(fired_.count, 1);
}

TEST_F(TimerWheelTest, ArmedLaterItFiresLater) {
  deadline_.arm_at(start_ + 1s);
  deadline_.arm_at(start_ + 5s);
  advance_to(4900ms);
  EXPECT_EQ(fired_.count, 0);
  advance_to(5200ms);
  EXPECT_EQ(fired_.count, 1);
}

TEST_F(TimerWheelTest, ArmedEarlierItFiresEarlier) {
  deadline_.arm_at(start_ + 30s);
  deadline_.arm_at(start_ + 1s);
  advance_to(1100ms);
  EXPECT_EQ(fired_.count, 1);
}

TEST_F(TimerWheelTest, DisarmedItDoesNotFireAndLeavesTheWheelInTime) {
  deadline_.arm_at(start_ + 1s);
  deadline_.disarm();
  EXPECT_FALSE(wheel_.is_empty());
  advance_to(1200ms);
  EXPECT_EQ(fired_.count, 0);
  EXPECT_TRUE(wheel_.is_empty());
}

TEST_F(TimerWheelTest, DestroyedItLeavesTheWheelAtOnce) {
  {
    Deadline other(wheel_, &Fired::count_up, &fired_);
    other.arm_at(start_ + 1s);
  }
  EXPECT_TRUE(wheel_.is_empty());
  advance_to(2s);
  EXPECT_EQ(fired_.count, 0);
}

// The wheel reaches 51 s ahead; an hour goes round it many times.
TEST_F(TimerWheelTest, ADeadlineBeyondTheWheelGoesRoundUntilItsTime) {
  deadline_.arm_at(start_ + 3600s);
  advance_to(3599s);
  EXPECT_EQ(fired_.count, 0);
  advance_to(3601s);
  EXPECT_EQ(fired_.count, 1);
}

// An idle limit of 60 s moved on by every octet: what is linked stays behind and is moved when its slot comes by.
TEST_F(TimerWheelTest, ADeadlineMovedOnAllTheTimeFiresAfterTheLastMove) {
  for (auto time = 0s; time < 200s; time += 1s) {
    deadline_.arm_at(start_ + time + 60s);
    advance_to(time);
  }
  EXPECT_EQ(fired_.count, 0);
  advance_to(258s);
  EXPECT_EQ(fired_.count, 0);
  advance_to(260s);
  EXPECT_EQ(fired_.count, 1);
}

TEST_F(TimerWheelTest, AfterALongPauseEverythingDueFires) {
  Fired later;
  Deadline second(wheel_, &Fired::count_up, &later);
  deadline_.arm_at(start_ + 10s);
  second.arm_at(start_ + 400s);
  wheel_.advance(start_ + 300s);
  EXPECT_EQ(fired_.count, 1);
  EXPECT_EQ(later.count, 0);
  wheel_.advance(start_ + 401s);
  EXPECT_EQ(later.count, 1);
}

// The callback of one deadline ends the life of others in the same slot, and of itself.
TEST_F(TimerWheelTest, ACallbackMayDestroyAnyDeadline) {
  struct Group {
    explicit Group(TimerWheel& wheel) {
      for (int i = 0; i < 4; ++i) { members.push_back(std::make_unique<Deadline>(wheel, &Group::end, this)); }
    }
    static void end(void* self) {
      auto& group = *static_cast<Group*>(self);
      ++group.ended;
      group.members.clear();
    }
    std::vector<std::unique_ptr<Deadline>> members;
    int ended = 0;
  };
  Group group(wheel_);
  for (auto& member : group.members) { member->arm_at(start_ + 1s); }
  advance_to(2s);
  EXPECT_EQ(group.ended, 1);
  EXPECT_TRUE(wheel_.is_empty());
}

TEST_F(TimerWheelTest, ACallbackMayArmItsDeadlineAnew) {
  struct Again {
    explicit Again(TimerWheel& wheel) : deadline(wheel, &Again::fire, this) {}
    static void fire(void* self) {
      auto& again = *static_cast<Again*>(self);
      ++again.count;
      again.next += again.interval;
      again.deadline.arm_at(again.next);
    }
    Deadline deadline;
    SteadyTime next;
    milliseconds interval{1000};
    int count = 0;
  };
  for (const auto interval : {1000ms, 60000ms}) {
    Again again(wheel_);
    again.interval = interval;
    again.next = start_ + passed_ + interval;
    again.deadline.arm_at(again.next);
    advance_to(passed_ + 3 * interval + 200ms);
    EXPECT_EQ(again.count, 3) << interval.count();
  }
}

}  // namespace
}  // namespace sluice
