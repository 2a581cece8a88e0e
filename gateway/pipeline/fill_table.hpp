#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/pipeline/fill.hpp"

namespace sluice::pipeline {

// The fills under way, one per key: whoever finds none becomes the leader.
// Thread: any; sharded, short locks.
class FillTable {
 public:
  struct Joined {
    std::shared_ptr<Fill> fill;
    bool leads = false;
  };
  Joined join(std::string_view key);

  // The same for a part of the response that begins at `first`; fills of parts go on side by side. Also one that began
  // ahead of it is joined, when that octet is there or the next to come. `later`: it is read at some time only, so that
  // no fill is joined that its readers hold back.
  Joined join_part(std::string_view key, std::uint64_t first, bool later = false);

  // The same for the variant that a request selects, when the fill of the key turned out to be of another one.
  Joined join_variant(std::string_view key, std::string_view variant);

  // A fill that nobody else finds; it is in the table for invalidate().
  std::shared_ptr<Fill> add_unshared(std::string_view key);

  // Takes the fill out, so that the next request for the key starts anew. No effect when another one took its place.
  void leave(std::string_view key, const Fill& fill);

  bool has(std::string_view key);

  // What is being filled for the key is not stored in the end: it was invalidated or purged meanwhile.
  void invalidate(std::string_view key);

  // Another number after each invalidate(key), seldom also after one of another key. Who forwards looks at it, and once
  // more when there is a fill in the table, which invalidate() reaches from then on.
  std::uint32_t invalidations(std::string_view key) const noexcept;
  std::size_t size() const;

 private:
  static constexpr std::uint64_t kWindow = 4ULL << 20;
  static std::shared_ptr<Fill> make_fill() { return std::make_shared<Fill>(kWindow); }
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  // Of a part, of a variant, or for nobody else.
  struct Beside {
    std::optional<std::uint64_t> first;  // where the part begins
    std::optional<std::string> variant;
    std::shared_ptr<Fill> fill;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<Fill>, Hash, std::equal_to<>> fills;
    std::multimap<std::string, Beside, std::less<>> beside;
  };
  Shard& shard_of(std::string_view key) { return shards_[Hash{}(key) % shards_.size()]; }
  static std::size_t counter_of(std::string_view key) noexcept { return Hash{}(key) / 16 % kCounters; }

  static constexpr std::size_t kCounters = 1U << 14U;
  std::array<Shard, 16> shards_;
  std::array<std::atomic<std::uint32_t>, kCounters> invalidations_{};
};

}  // namespace sluice::pipeline
