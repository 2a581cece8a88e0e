#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "cache/eviction_order.hpp"
#include "cache/memory_index.hpp"
#include "cache/memory_item.hpp"
#include "cache/store.hpp"

namespace sluice::cache {

// One share of the memory tier: stored responses, found by key and given up in the order of eviction.
// Thread: any; every public function takes the shard's lock, move_tables() many times for a moment, the others once.
// Items that leave are freed after it is released.
class MemoryShard {
 public:
  // `buckets` and `ghosts` are powers of two; both tables have a fixed size, so that they can be charged.
  struct Tables {
    std::size_t buckets = 0;
    std::size_t ghosts = 0;
    bool operator==(const Tables&) const = default;
  };
  explicit MemoryShard(const Tables& tables);
  ~MemoryShard();
  MemoryShard(const MemoryShard&) = delete;
  MemoryShard& operator=(const MemoryShard&) = delete;

  static std::uint64_t fixed_octets(const Tables& tables) noexcept;  // of an empty shard

  // What left the shard, by eviction or to make room for a newer one.
  struct Released {
    std::uint64_t octets = 0;
    std::size_t responses = 0;
  };

  Store::Found find(std::uint64_t hash, std::string_view key, Fields request);
  std::vector<StoredResponsePtr> list(std::uint64_t hash, std::string_view key) const;
  // Where a walk stands: a bucket of a table of that size. With another size it begins anew.
  struct Place {
    std::size_t bucket = 0;
    std::size_t buckets = 0;
    bool is_end() const noexcept { return bucket == buckets; }
  };
  // What is in the buckets from `place` on, until there are `most` responses or many buckets were looked at. Returns
  // the next place.
  Place walk(Place place, std::string_view prefix, std::size_t most, std::vector<StoredResponsePtr>& out) const;
  bool has(std::uint64_t hash, std::string_view key) const;
  bool was_evicted(std::uint64_t hash) const;
  // REQUIRES: item->octets() are reserved. Replaces the same key and variant; drops the oldest of too many.
  Released insert(std::unique_ptr<MemoryItem> item);
  // Puts the response of `fresh` in the place of `old`; false when `old`, or its content, is no longer what the shard
  // holds. REQUIRES: fresh.octets() are reserved.
  bool replace_head(const StoredResponse& old, MemoryItem& fresh, Released& released);
  // Takes `fresh`, of the same variant, in the place of `old`; false when that is not what the shard holds any more.
  // REQUIRES: what `fresh` has more than `old` is reserved.
  bool replace(const StoredResponse& old, std::unique_ptr<MemoryItem>& fresh);
  Released purge(std::uint64_t hash, std::string_view key);
  Released evict_one();  // nothing released when the shard is empty
  // Gives the tables another size; what is stored stays, ghosts are forgotten. One call at a time.
  void move_tables(const Tables& tables);

 private:
  using Removed = std::vector<std::unique_ptr<MemoryItem>>;

  std::unique_ptr<MemoryItem> remove(MemoryItem& item);
  std::unique_ptr<MemoryItem> take_place_of(MemoryItem& former, MemoryItem& fresh);
  MemoryItem* same_variant(const MemoryItem& fresh) const;
  void drop_oldest_variant(std::uint64_t hash, std::string_view key, Removed& removed);
  static Released released(const Removed& removed);

  mutable std::mutex mutex_;
  MemoryIndex index_;
  EvictionOrder order_;
};

}  // namespace sluice::cache
