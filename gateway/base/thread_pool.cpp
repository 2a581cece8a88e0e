#include "gateway/base/thread_pool.hpp"

#include <pthread.h>

namespace sluice {

ThreadPool::ThreadPool(std::string name, unsigned threads, std::size_t queue_limit) : limit_(queue_limit) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), name.substr(0, 15).c_str());
  }
}

ThreadPool::~ThreadPool() {
  finish();
}

void ThreadPool::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) { thread.join(); }
  }
}

bool ThreadPool::run(Function function) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= limit_) { return false; }
    queue_.push_back(std::move(function));
  }
  wake_.notify_one();
  return true;
}

std::size_t ThreadPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void ThreadPool::work() {
  for (;;) {
    Function function;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) { return; }
      function = std::move(queue_.front());
      queue_.pop_front();
    }
    function();
  }
}

}  // namespace sluice
