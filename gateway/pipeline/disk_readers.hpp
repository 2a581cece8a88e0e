#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "gateway/base/clock.hpp"
#include "gateway/base/error.hpp"

namespace sluice::pipeline {

// What the threads that read from the disk are doing: since when each has been at one read. Thread: any.
class DiskReaders {
  using Count = milliseconds::rep;

 public:
  static constexpr unsigned kThreads = 2;

  // A thread is at a read while this lives. REQUIRES: there are no more than kThreads at once.
  class Read {
   public:
    explicit Read(DiskReaders& readers) : since_(readers.take()) {}
    ~Read() { since_.store(kIdle, std::memory_order_release); }
    Read(const Read&) = delete;
    Read& operator=(const Read&) = delete;

   private:
    std::atomic<Count>& since_;
  };

  // Has every thread been at its read for longer than that? What is asked of the disk now would not be answered sooner.
  bool are_stuck(milliseconds limit) const {
    const auto latest = now() - limit.count();
    return std::ranges::all_of(since_, [&](const auto& since) {
      const auto began = since.load(std::memory_order_acquire);
      return began != kIdle && began < latest;
    });
  }

 private:
  static constexpr Count kIdle = -1;

  static Count now() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  std::atomic<Count>& take() {
    for (auto& since : since_) {
      auto idle = kIdle;
      if (since.compare_exchange_strong(idle, now(), std::memory_order_acq_rel)) { return since; }
    }
    SLUICE_ASSERT(false, "as many threads read as there are");
    return since_.front();
  }

  std::array<std::atomic<Count>, kThreads> since_ = {kIdle, kIdle};
};

}  // namespace sluice::pipeline
