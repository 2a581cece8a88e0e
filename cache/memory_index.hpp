#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cache/memory_item.hpp"

namespace sluice::cache {

// Finds the items of a shard by key: a hash table, chained through the items, that owns none of them. It never grows by
// itself, so that it can be charged; it is moved to another size in steps, found in as before meanwhile.
// Thread: one at a time.
class MemoryIndex {
 public:
  using Table = std::vector<MemoryItem*>;  // a power of two of buckets

  explicit MemoryIndex(Table table) : table_(std::move(table)) {}

  static std::size_t fixed_octets(std::size_t buckets) noexcept { return buckets * sizeof(MemoryItem*); }

  MemoryItem* first_of(std::uint64_t hash, std::string_view key) const noexcept;  // the newest
  static MemoryItem* next_of(const MemoryItem& item) noexcept;                    // of the same key

  std::size_t buckets() const noexcept { return table_.size(); }
  // Calls `each` with every item of a bucket, wherever a move has brought it. REQUIRES: at < buckets().
  template <typename Each>
  void walk(std::size_t at, Each each) const {
    const auto places = table_.size();
    const bool has_moved = at < moved_;
    const auto& table = has_moved ? next_ : table_;
    for (auto i = has_moved ? at & (table.size() - 1) : at; i < table.size(); i += places) {
      for (const MemoryItem* item = table[i]; item != nullptr; item = item->next_in_bucket) {
        if ((item->hash() & (places - 1)) == at) { each(*item); }
      }
      if (!has_moved) { return; }
    }
  }

  void add(MemoryItem& item) noexcept;
  void remove(MemoryItem& item) noexcept;

  // REQUIRES: no move is under way; `table` is empty.
  void begin_move(Table table) noexcept { next_ = std::move(table); }
  // Moves some buckets; true while there are more. At the end the former table is in `former`, for the caller to free.
  bool move_some(Table& former) noexcept;

 private:
  MemoryItem*& bucket(std::uint64_t hash) noexcept;
  MemoryItem* bucket(std::uint64_t hash) const noexcept { return const_cast<MemoryIndex*>(this)->bucket(hash); }

  Table table_;
  Table next_;             // not empty while a move is under way
  std::size_t moved_ = 0;  // buckets of `table_` whose items are in `next_`
};

}  // namespace sluice::cache
