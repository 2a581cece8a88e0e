#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "cache/miss_cause.hpp"
#include "gateway/base/clock.hpp"

namespace sluice::pipeline {

// How long a miss can say that its response was purged.
inline constexpr milliseconds kPurgeMemory{3600 * 1000};

// Cache keys to which something happened a short while ago: the last response could not be stored, so that requests are
// forwarded at once and never queue behind one another, and that was why; or it was purged, so that the next miss can
// say so. A bounded table of hashes; a collision only forgets, and two threads that write one entry at once only lose
// it. Thread: any. Cost: a load or two.
class RecentKeys {
 public:
  void remember(std::string_view key, milliseconds time, cache::MissCause cause = cache::MissCause::none) {
    const auto hash = hash_of(key);
    auto& entry = entry_of(hash);
    const auto until = now() + time.count();
    entry.until_and_cause.store(until << kCauseBits | static_cast<std::int64_t>(cause), std::memory_order_relaxed);
    entry.hash.store(hash, std::memory_order_relaxed);
  }
  void forget(std::string_view key) {
    const auto hash = hash_of(key);
    auto& entry = entry_of(hash);
    if (entry.hash.load(std::memory_order_relaxed) == hash) { entry.hash.store(0, std::memory_order_relaxed); }
  }
  bool has(std::string_view key) const { return find(key).has_value(); }

  // What remember() was told; nullopt: the key is not remembered.
  std::optional<cache::MissCause> find(std::string_view key) const {
    const auto hash = hash_of(key);
    const auto& entry = entries_[hash % entries_.size()];
    if (entry.hash.load(std::memory_order_relaxed) != hash) { return std::nullopt; }
    const auto until_and_cause = entry.until_and_cause.load(std::memory_order_relaxed);
    if (now() >= until_and_cause >> kCauseBits) { return std::nullopt; }
    return static_cast<cache::MissCause>(until_and_cause & kCauseMask);
  }

 private:
  static constexpr int kCauseBits = 5;
  static constexpr std::int64_t kCauseMask = (1 << kCauseBits) - 1;
  static_assert(static_cast<std::int64_t>(cache::MissCause::count_) <= kCauseMask + 1);

  struct Entry {
    std::atomic<std::uint64_t> hash{0};
    std::atomic<std::int64_t> until_and_cause{
        0};  // milliseconds and the cause, one value, so that they belong together
  };

  static std::int64_t now() {
    return std::chrono::duration_cast<milliseconds>(coarse_now().time_since_epoch()).count();
  }
  static std::uint64_t hash_of(std::string_view key) { return std::hash<std::string_view>{}(key); }
  Entry& entry_of(std::uint64_t hash) { return entries_[hash % entries_.size()]; }

  std::array<Entry, 8192> entries_{};
};

}  // namespace sluice::pipeline
