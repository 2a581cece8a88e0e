#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/base/task.hpp"
#include "gateway/base/timer_wheel.hpp"

namespace sluice::support {

template <typename T>
Task<> keep_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

// Runs the coroutine on the context, beside whatever else runs there, until it ends. Rethrows what it threw.
inline void run(asio::io_context& context, Task<> task) {
  std::exception_ptr failure;
  bool is_done = false;
  asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown) {
    is_done = true;
    failure = thrown;
  });
  context.restart();
  while (!is_done && context.run_one() > 0) {}
  if (failure) { std::rethrow_exception(failure); }
}

// The same on a context of its own.
inline void run(Task<> task) {
  asio::io_context context;
  run(context, std::move(task));
}

template <typename T>
T run(asio::io_context& context, Task<T> task) {
  std::optional<T> result;
  run(context, keep_result(std::move(task), result));
  return std::move(*result);
}

// Lets everything run that is ready, and waits for nothing.
inline void settle(asio::io_context& context) {
  context.restart();
  while (context.poll() > 0) {}
}

// Fires the deadlines of a wheel as the worker's loop does, as long as it lives.
class Ticker {
 public:
  Ticker(asio::io_context& context, TimerWheel& wheel) : wheel_(wheel), timer_(context) { wait(); }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void wait() {
    timer_.expires_after(milliseconds(10));
    timer_.async_wait([this](const boost::system::error_code& ended) {
      if (ended) { return; }
      wheel_.advance(coarse_now());
      wait();
    });
  }

  TimerWheel& wheel_;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> timer_;
};

}  // namespace sluice::support
