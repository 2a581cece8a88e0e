#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice {

// Threads for work that blocks. A bounded queue: what does not fit is refused, so that a slow disk cannot gather
// memory.
class ThreadPool {
 public:
  using Function = std::move_only_function<void()>;

  ThreadPool(std::string name, unsigned threads, std::size_t queue_limit);
  ~ThreadPool();  // finish()
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // False: the queue is full, or the pool has finished; `function` was destroyed.
  [[nodiscard]] bool run(Function function);
  void finish();  // does what is queued, and takes nothing more
  std::size_t waiting() const;

 private:
  void work();

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Function> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice
