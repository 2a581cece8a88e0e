#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>

#include "gateway/base/mailbox.hpp"
#include "gateway/base/signal.hpp"
#include "gateway/base/task.hpp"
#include "gateway/base/thread_pool.hpp"

namespace sluice {

// Runs `function` on the pool and resumes here with its result; nullopt when the pool's queue is full. `function` must
// own what it uses: the waiting coroutine may be destroyed at shutdown before the pool gets to it. Suspends. Thread: a
// worker's; `mailbox` is that worker's and outlives the pool's threads.
template <typename F>
Task<std::optional<std::invoke_result_t<F&>>> offload(ThreadPool& pool, Mailbox& mailbox, F function) {
  using R = std::invoke_result_t<F&>;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(std::optional<R>)>(
      [&pool, &mailbox](auto handler, F work) {
        // The handler belongs to the worker: it goes back there whether or not the pool took the work.
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        const bool taken = pool.run([shared, &mailbox, work = std::move(work)]() mutable {
          auto result = std::make_shared<std::optional<R>>(work());
          mailbox.post([shared = std::move(shared), result] { std::move (*shared)(std::move(*result)); });
        });
        if (!taken) {
          mailbox.post([shared] { std::move (*shared)(std::optional<R>{}); });
        }
      },
      use_task, std::move(function));
}

// What offload_until() and the pool share. The worker alone touches it, but for `is_given_up`.
template <typename R>
struct Offloaded {
  std::optional<R> result;
  Signal* waiter = nullptr;  // null once nobody waits any more
  std::atomic<bool> is_given_up = false;
};

// The same, but no longer than until that time; nullopt then too. A function that waits in the queue when its time has
// come is not run; what one that runs then returns is dropped.
template <typename F>
Task<std::optional<std::invoke_result_t<F&>>> offload_until(ThreadPool& pool, Mailbox& mailbox,
                                                            asio::io_context& context, SteadyTime until, F function) {
  using R = std::invoke_result_t<F&>;
  // Ends the waiting also when this coroutine is destroyed meanwhile.
  struct Wait {
    Wait(asio::io_context& worker, std::shared_ptr<Offloaded<R>> offloaded)
        : signal(worker), shared(std::move(offloaded)) {
      shared->waiter = &signal;
    }
    ~Wait() {
      shared->waiter = nullptr;
      shared->is_given_up = true;
    }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    Signal signal;
    std::shared_ptr<Offloaded<R>> shared;
  };
  Wait wait(context, std::make_shared<Offloaded<R>>());
  const bool taken = pool.run([shared = wait.shared, &mailbox, work = std::move(function)]() mutable {
    if (shared->is_given_up) { return; }
    auto result = std::make_unique<R>(work());
    mailbox.post([shared = std::move(shared), result = std::move(result)] {
      if (shared->waiter == nullptr) { return; }
      shared->result = std::move(*result);
      shared->waiter->announce();
    });
  });
  if (!taken) { co_return std::nullopt; }
  const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
  co_await wait.signal.wait_for(left);
  co_return std::move(wait.shared->result);
}

}  // namespace sluice
