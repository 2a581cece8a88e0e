#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "cache/store.hpp"
#include "cache/variant_choice.hpp"

namespace sluice::cache {

// One share of the memory tier: a hash table of stored responses and the three queues of S3-FIFO (Yang et al., "FIFO
// queues are all you need for cache eviction", SOSP 2023). A response enters the small queue; used again there, it
// moves to the main queue, else it leaves and only its fingerprint is kept in the ghost table for a while; stored once
// more during that while, it enters the main queue at once. So a scan of responses used once passes through a tenth of
// the octets and cannot flush the rest. Thread: any; every public function takes the shard's lock once. Evicted
// responses are freed after it is released.
class MemoryShard {
 public:
  // `buckets` and `ghosts` are powers of two; both tables are made now and never grow, so that they can be charged.
  MemoryShard(std::size_t buckets, std::size_t ghosts);
  ~MemoryShard();
  MemoryShard(const MemoryShard&) = delete;
  MemoryShard& operator=(const MemoryShard&) = delete;

  static std::size_t fixed_octets(std::size_t buckets, std::size_t ghosts) noexcept;
  static std::uint64_t charge(const StoredResponse& response) noexcept;  // what storing it costs, everything counted

  // What left the shard, by eviction or to make room for a newer one.
  struct Released {
    std::uint64_t octets = 0;
    std::size_t responses = 0;
  };

  Store::Found find(std::uint64_t hash, std::string_view key, Fields request);
  std::vector<StoredResponsePtr> list(std::uint64_t hash, std::string_view key) const;
  // What hangs in the buckets from `bucket` on, until there are `most` responses or many buckets were looked at.
  // Returns the next bucket, or the number of buckets at the end.
  std::size_t walk(std::size_t bucket, std::string_view prefix, std::size_t most,
                   std::vector<StoredResponsePtr>& out) const;
  bool has(std::uint64_t hash, std::string_view key) const;
  // REQUIRES: charge(*response) octets are reserved. Replaces the same key and variant; drops the oldest of too many.
  Released insert(std::uint64_t hash, StoredResponsePtr response);
  // Puts `fresh` in the place of `old`; false when `old`, or its content, is no longer what the shard holds.
  bool replace_head(std::uint64_t hash, const StoredResponse& old, StoredResponsePtr fresh, Released& released);
  Released purge(std::uint64_t hash, std::string_view key);
  std::size_t buckets() const noexcept { return buckets_.size(); }
  Released evict_one();  // nothing released when the shard is empty

 private:
  struct Item;
  struct Queue {  // newest at head
    Item* head = nullptr;
    Item* tail = nullptr;
    std::uint64_t octets = 0;
  };
  struct Ghost {
    std::uint32_t fingerprint = 0;
    std::uint32_t left_at = 0;
  };
  using Removed = std::vector<std::unique_ptr<Item>>;

  Item*& bucket(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }
  Item* first_of(std::uint64_t hash, std::string_view key) const;
  static Item* next_of(const Item* item);
  static void push(Queue& queue, Item* item);
  static void unlink(Queue& queue, Item* item);
  Queue& queue_of(const Item& item);
  std::unique_ptr<Item> remove(Item* item);
  Item* choose_victim();
  Item* victim_of_small();
  Item* victim_of_main();
  void remember(std::uint64_t hash);
  bool was_evicted_lately(std::uint64_t hash) const;
  void drop_oldest_variant(std::uint64_t hash, std::string_view key, Removed& removed);
  static Released released(const Removed& removed);

  mutable std::mutex mutex_;
  std::vector<Item*> buckets_;
  std::vector<Ghost> ghosts_;
  std::uint32_t departures_ = 0;
  Queue small_;
  Queue main_;
};

}  // namespace sluice::cache
