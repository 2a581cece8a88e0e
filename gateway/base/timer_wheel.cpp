#include "gateway/base/timer_wheel.hpp"

namespace sluice {

void Deadline::arm_at(SteadyTime when) {
  when_ = when;
  if (tick_ != 0) {
    if (wheel_.tick_of(when) >= tick_) { return; }  // the slot it is in comes by early enough
    unlink();
  }
  wheel_.link(*this);
}

void Deadline::unlink() noexcept {
  if (tick_ == 0) { return; }
  auto*& head = wheel_.slots_[tick_ % TimerWheel::kSlots];
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    head = next_;
  }
  if (next_ != nullptr) { next_->previous_ = previous_; }
  previous_ = next_ = nullptr;
  tick_ = 0;
  --wheel_.linked_;
}

TimerWheel::TimerWheel() : start_(coarse_now()), tick_(1) {}

std::uint64_t TimerWheel::tick_of(SteadyTime time) const noexcept {
  if (time <= start_) { return 1; }
  return 1 + static_cast<std::uint64_t>((time - start_) / kTick);
}

void TimerWheel::link(Deadline& deadline) {
  auto tick = std::max(tick_of(deadline.when_) + 1, tick_);
  // One slot short of a whole turn: the slot that is being fired now must not get back what it was emptied of.
  tick = std::min(tick, tick_ + kSlots - 2);
  auto*& head = slots_[tick % kSlots];
  deadline.tick_ = tick;
  deadline.previous_ = nullptr;
  deadline.next_ = head;
  if (head != nullptr) { head->previous_ = &deadline; }
  head = &deadline;
  ++linked_;
}

void TimerWheel::advance(SteadyTime now) {
  const auto current = tick_of(now);
  while (tick_ <= current) {
    const auto tick = tick_++;
    fire_slot(tick, now);
  }
}

// A callback may arm, disarm or destroy any deadline, so the list is taken from its head one at a time.
void TimerWheel::fire_slot(std::uint64_t tick, SteadyTime now) {
  while (auto* deadline = slots_[tick % kSlots]) {
    deadline->unlink();
    if (!deadline->is_armed()) { continue; }
    if (deadline->when_ > now) {
      link(*deadline);
      continue;
    }
    deadline->disarm();
    deadline->callback_(deadline->context_);
  }
}

}  // namespace sluice
