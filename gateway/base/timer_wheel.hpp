#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "gateway/base/clock.hpp"

namespace sluice {

class TimerWheel;

// A point in time after which something is called, re-armed often and seldom reached: arming is a store unless it moves
// to an earlier slot.
// Thread: that of its wheel. Lifetime: unlinks itself; must not outlive the wheel.
class Deadline {
 public:
  using Callback = void (*)(void* context);

  Deadline(TimerWheel& wheel, Callback callback, void* context)
      : wheel_(wheel), callback_(callback), context_(context) {}
  ~Deadline() { unlink(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void arm(milliseconds from_now) { arm_at(coarse_now() + from_now); }
  void arm_at(SteadyTime when);
  void disarm() noexcept { when_ = SteadyTime::max(); }  // stays linked until its slot comes by
  bool is_armed() const noexcept { return when_ != SteadyTime::max(); }
  SteadyTime when() const noexcept { return when_; }

 private:
  friend class TimerWheel;
  void unlink() noexcept;

  TimerWheel& wheel_;
  Callback callback_;
  void* context_;
  SteadyTime when_ = SteadyTime::max();
  std::uint64_t tick_ = 0;  // of the slot it is linked in
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
};

// Deadlines in slots of kTick; a slot is looked at once its time has come, and what was re-armed meanwhile moves on.
// Precision: one tick late at most, plus the coarse clock. Whoever owns the wheel calls advance() at every tick.
class TimerWheel {
 public:
  static constexpr milliseconds kTick{50};

  TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  void advance(SteadyTime now);
  bool is_empty() const noexcept { return linked_ == 0; }

 private:
  friend class Deadline;
  static constexpr std::size_t kSlots = 1024;  // 51 s ahead; what lies further is linked in the last slot

  std::uint64_t tick_of(SteadyTime time) const noexcept;
  void link(Deadline& deadline);
  void fire_slot(std::uint64_t tick, SteadyTime now);

  SteadyTime start_;
  std::uint64_t tick_ = 0;  // the next one to look at
  std::size_t linked_ = 0;
  std::array<Deadline*, kSlots> slots_{};
};

}  // namespace sluice
