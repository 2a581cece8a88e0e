#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "gateway/base/clock.hpp"

namespace sluice::pipeline {

// How long a miss can say that its response was purged.
inline constexpr milliseconds kPurgeMemory{3600 * 1000};

// Cache keys to which something happened a short while ago: the last response could not be stored, so that requests are
// forwarded at once and never queue behind one another; or it was purged, so that the next miss can say so. A bounded
// table of hashes; a collision only forgets, and two threads that write one entry at once only lose it. Thread: any.
// Cost: a load or two.
class RecentKeys {
 public:
  void remember(std::string_view key, milliseconds time) {
    const auto hash = hash_of(key);
    auto& entry = entry_of(hash);
    entry.until.store((coarse_now() + time).time_since_epoch().count(), std::memory_order_relaxed);
    entry.hash.store(hash, std::memory_order_relaxed);
  }
  void forget(std::string_view key) {
    const auto hash = hash_of(key);
    auto& entry = entry_of(hash);
    if (entry.hash.load(std::memory_order_relaxed) == hash) { entry.hash.store(0, std::memory_order_relaxed); }
  }
  bool has(std::string_view key) const {
    const auto hash = hash_of(key);
    const auto& entry = entries_[hash % entries_.size()];
    return entry.hash.load(std::memory_order_relaxed) == hash &&
           coarse_now().time_since_epoch().count() < entry.until.load(std::memory_order_relaxed);
  }

 private:
  struct Entry {
    std::atomic<std::uint64_t> hash{0};
    std::atomic<std::int64_t> until{0};
  };

  static std::uint64_t hash_of(std::string_view key) { return std::hash<std::string_view>{}(key); }
  Entry& entry_of(std::uint64_t hash) { return entries_[hash % entries_.size()]; }

  std::array<Entry, 8192> entries_{};
};

}  // namespace sluice::pipeline
