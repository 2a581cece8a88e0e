#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <vector>

namespace sluice::cache {

// Which keys were evicted lately: a fingerprint of each hash at a place of its own, where the next one that falls there
// takes its place. Thread: any. Cost: one load or store.
class EvictedKeys {
 public:
  explicit EvictedKeys(std::size_t keys) : fingerprints_(std::bit_ceil(std::max<std::size_t>(keys, 1))) {}

  void remember(std::uint64_t hash) noexcept { place_of(hash).store(fingerprint_of(hash), std::memory_order_relaxed); }
  void forget(std::uint64_t hash) noexcept {
    if (has(hash)) { place_of(hash).store(0, std::memory_order_relaxed); }
  }
  bool has(std::uint64_t hash) const noexcept {
    return fingerprints_[index_of(hash)].load(std::memory_order_relaxed) == fingerprint_of(hash);
  }

 private:
  static std::uint32_t fingerprint_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32) | 1;
  }
  std::size_t index_of(std::uint64_t hash) const noexcept { return hash & (fingerprints_.size() - 1); }
  std::atomic<std::uint32_t>& place_of(std::uint64_t hash) noexcept { return fingerprints_[index_of(hash)]; }

  std::vector<std::atomic<std::uint32_t>> fingerprints_;  // 0: none
};

}  // namespace sluice::cache
