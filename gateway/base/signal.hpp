#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/task.hpp"
#include "gateway/base/timer.hpp"

namespace sluice {

// Something one coroutine of a worker waits for and another one of the same worker announces. Once announced it stays
// so.
class Signal {
 public:
  explicit Signal(asio::io_context& context) : timer_(context) {}

  void announce() {
    announced_ = true;
    timer_.cancel();
  }
  bool is_announced() const noexcept { return announced_; }

  // Ends when announced; at once if it was.
  Task<> wait() { co_await wait_until(SteadyTime::max()); }

  // False when the time came first.
  Task<bool> wait_for(milliseconds limit) {
    co_await wait_until(std::chrono::steady_clock::now() + limit);
    co_return announced_;
  }

 private:
  Task<> wait_until(SteadyTime when) {
    if (announced_) { co_return; }
    boost::system::error_code ended;
    timer_.expires_at(when);
    co_await timer_.async_wait(asio::redirect_error(use_task, ended));
  }

  Timer timer_;
  bool announced_ = false;
};

}  // namespace sluice
