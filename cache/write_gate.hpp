#pragma once

#include <atomic>

#include "cache/store.hpp"

namespace sluice::cache {

// Keeps a store from writing to a disk that just failed. While it is closed only purges and Store::mend() try the disk,
// so that what is tried is bounded by time and not by traffic; one success opens it again. Thread: any.
class WriteGate {
 public:
  bool is_open() const noexcept { return is_open_.load(std::memory_order_relaxed); }
  StoreError last_error() const noexcept { return last_error_.load(std::memory_order_relaxed); }

  void succeeded() noexcept { is_open_.store(true, std::memory_order_relaxed); }
  void failed(StoreError error) noexcept {
    last_error_.store(error, std::memory_order_relaxed);
    is_open_.store(false, std::memory_order_relaxed);
  }

 private:
  std::atomic<bool> is_open_ = true;
  std::atomic<StoreError> last_error_ = StoreError::store_failed;
};

}  // namespace sluice::cache
