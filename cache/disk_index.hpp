#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::cache {

// What the disk tier knows in memory about each stored response: the hash of its key, its store id, its charge against
// the budget, and its place in the order of eviction: first in, first out, with a second chance for what was used
// since. Two hashes that agree only mean that may_have() is true too often and that a use is counted for both. Memory:
// about 44 octets a response. Thread: any; a short lock, every function O(1) expected.
class DiskIndex {
 public:
  struct Entry {
    std::uint64_t hash = 0;
    std::uint64_t id = 0;
    std::uint64_t octets = 0;
  };

  void add(const Entry& entry);      // stored just now: evicted last
  void restore(const Entry& entry);  // stored by an earlier process: evicted before all that add() brought
  std::optional<Entry> remove(std::uint64_t hash, std::uint64_t id);
  void mark_used(std::uint64_t hash, std::uint64_t id);
  // The charge of an entry changed.
  void recharge(std::uint64_t hash, std::uint64_t id, std::uint64_t octets);

  bool has(std::uint64_t hash) const;
  std::vector<std::uint64_t> ids_of(std::uint64_t hash) const;
  // The next to evict, and whether it was used since it came; it stays in the index. Null when empty.
  struct Oldest {
    Entry entry;
    bool is_used = false;
  };
  std::optional<Oldest> oldest() const;
  // Its second chance: as if it had been stored just now, and not used yet.
  void requeue(std::uint64_t hash, std::uint64_t id);

  std::uint64_t octets() const;
  std::size_t size() const;

 private:
  using Place = std::uint32_t;
  static constexpr Place kNone = UINT32_MAX;
  static constexpr std::uint32_t kOctetsPerUnit = 64;

  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t id = 0;
    std::uint64_t units : 46 = 0;  // of kOctetsPerUnit, rounded up
    std::uint64_t is_used : 1 = 0;
    std::uint64_t is_restored : 1 = 0;
    Place chain = kNone;  // next in the bucket
    Place older = kNone;
    Place newer = kNone;
  };
  struct Order {
    Place oldest = kNone;
    Place newest = kNone;
  };

  void insert(const Entry& entry, bool is_restored);
  std::size_t bucket_of(std::uint64_t hash) const;
  void grow_buckets();
  Place* find_link(std::uint64_t hash, std::uint64_t id);
  void push(Place place);
  void unlink(Place place);
  Entry entry_at(Place place) const;
  Order& order_of(const Slot& slot) { return slot.is_restored != 0 ? restored_ : added_; }

  mutable std::mutex mutex_;
  std::deque<Slot> slots_;  // grows in blocks, without a moment when twice the memory is needed
  Place free_ = kNone;      // freed slots, linked by `chain`
  std::deque<Place> buckets_ = std::deque<Place>(16, kNone);
  std::size_t level_ = 16;  // linear hashing: buckets up to a power of two, those below size() - level_ split already
  std::size_t size_ = 0;
  std::uint64_t units_ = 0;
  Order restored_;
  Order added_;
};

}  // namespace sluice::cache
