#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "policy/snapshot.hpp"

namespace sluice::pipeline {

using PolicyPtr = std::shared_ptr<const policy::Snapshot>;

// The policy that judges from now on. Swapped whole; whoever holds the old one finishes with it.
// Thread: any.
class PolicyInForce {
 public:
  explicit PolicyInForce(PolicyPtr first) : snapshot_(std::move(first)) {}

  void swap_in(PolicyPtr next) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(next);
    generation_.fetch_add(1, std::memory_order_release);
  }
  PolicyPtr snapshot() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  PolicyPtr snapshot_;
  std::atomic<std::uint64_t> generation_{1};
};

// A worker's own copy: looking costs one load as long as nothing was swapped.
class PolicyView {
 public:
  explicit PolicyView(const PolicyInForce& source) : source_(source) {}

  const PolicyPtr& current() {
    const auto generation = source_.generation();
    if (generation != seen_) {
      seen_ = generation;
      snapshot_ = source_.snapshot();
    }
    return snapshot_;
  }
  std::uint64_t generation() const noexcept { return seen_; }  // of what current() returned last
  bool is_newer_than(std::uint64_t generation) const noexcept { return source_.generation() != generation; }

 private:
  const PolicyInForce& source_;
  std::uint64_t seen_ = 0;
  PolicyPtr snapshot_;
};

}  // namespace sluice::pipeline
