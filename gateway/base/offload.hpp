#pragma once

#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>

#include "gateway/base/mailbox.hpp"
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

}  // namespace sluice
