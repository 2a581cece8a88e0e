#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "cache/store.hpp"

namespace sluice::cache {

// Keeps a store from writing to a disk that just failed, and finds out when it works again. It reads no clock: after a
// failure only every second attempt is let through, after the next every fourth, at last every 32nd; one success opens
// it again. Thread: any.
class WriteGate {
 public:
  bool is_open() const noexcept { return failures_.load(std::memory_order_relaxed) == 0; }
  StoreError last_error() const noexcept { return last_error_.load(std::memory_order_relaxed); }

  // May this attempt touch the disk?
  bool admit() noexcept {
    const auto failures = failures_.load(std::memory_order_relaxed);
    if (failures == 0) { return true; }
    const auto every = 1U << std::min(failures, kMostDoublings);
    return attempts_.fetch_add(1, std::memory_order_relaxed) % every == every - 1;
  }
  void succeeded() noexcept { failures_.store(0, std::memory_order_relaxed); }
  void failed(StoreError error) noexcept {
    last_error_.store(error, std::memory_order_relaxed);
    failures_.fetch_add(1, std::memory_order_relaxed);
    attempts_.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint32_t kMostDoublings = 5;
  std::atomic<std::uint32_t> failures_ = 0;
  std::atomic<std::uint32_t> attempts_ = 0;
  std::atomic<StoreError> last_error_ = StoreError::store_failed;
};

}  // namespace sluice::cache
