#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "gateway/base/task.hpp"

namespace sluice::testing_support {

// Waits for the task and puts its value into `result`, which outlives the run.
template <typename T>
Task<> keep_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

// Runs the coroutine on the context, beside whatever else runs there, and returns what it returned.
template <typename T>
T run(asio::io_context& context, Task<T> task) {
  std::optional<T> result;
  std::exception_ptr failure;
  bool is_done = false;
  asio::co_spawn(context, keep_result(std::move(task), result), [&](std::exception_ptr thrown) {
    is_done = true;
    failure = thrown;
  });
  context.restart();
  while (!is_done && context.run_one() > 0) {}
  if (failure) { std::rethrow_exception(failure); }
  return std::move(*result);
}

}  // namespace sluice::testing_support
