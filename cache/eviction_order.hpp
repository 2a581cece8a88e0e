#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "cache/ghost_table.hpp"

namespace sluice::cache {

// What the order of eviction keeps of something stored; it is a base of what is stored, or a member.
class EvictionEntry {
 public:
  EvictionEntry(std::uint64_t hash, std::uint64_t octets) noexcept : hash_(hash), octets_(octets) {}

  std::uint64_t hash() const noexcept { return hash_; }
  std::uint64_t octets() const noexcept { return octets_; }  // the charge

 private:
  friend class EvictionOrder;

  std::uint64_t hash_;
  std::uint64_t octets_;
  EvictionEntry* newer_ = nullptr;
  EvictionEntry* older_ = nullptr;
  std::uint32_t entered_ = 0;  // the number of the insertion that was the latest when it entered its queue
  std::uint8_t uses_ = 0;      // since it entered its queue, saturating
  std::uint8_t size_class_ = 0;
  EvictionQueue queue_ = EvictionQueue::small;
};

// The order in which the memory tier gives up what it holds: S3-FIFO (Yang et al., "FIFO queues are all you need for
// cache eviction", SOSP 2023) with two changes, measured in docs/decisions/0010.
//
// An entry enters the small queue. When its turn comes there, it moves to the main queue if it was used, else it goes
// and only a ghost of it is kept for a while; stored once more during that while, it enters the main queue at once.
// When its turn comes in the main queue, it stays for another round for each use, three at most. So what is used once
// passes through a small share of the octets and cannot flush the rest.
//
// - The share of the small queue is not fixed. A ghost that returns soon says that its queue was too short: of the
//   small queue, the share grows, of the main queue, it shrinks.
// - Turns come by age and size. Each queue is a list for each class of sizes (powers of two), oldest last, and among
//   the oldest of all classes the one with the most age times the root of its size is next. Among entries of one size
//   that is first in, first out.
//
// It knows nothing of budgets and keys and owns no entry, so that the simulator (tests/bench/cache_simulator) runs this
// code as it is. Thread: one at a time. Lifetime: entries outlive their time in the order. Cost: mark_used() is a
// counter; eviction looks at one number for each class of sizes in use.
class EvictionOrder {
 public:
  explicit EvictionOrder(std::size_t ghosts) : ghosts_(ghosts) {}

  void insert(EvictionEntry& entry) noexcept;
  void remove(EvictionEntry& entry) noexcept;  // without a ghost
  // Takes `old` out and puts `fresh` into the same queue, with the same uses.
  void replace(EvictionEntry& old, EvictionEntry& fresh) noexcept;
  void recharge(EvictionEntry& entry, std::uint64_t octets) noexcept;  // it keeps its place
  static void mark_used(EvictionEntry& entry) noexcept {
    if (entry.uses_ < kMostUses) { ++entry.uses_; }
  }
  // Takes the next one out and remembers its ghost; null when there is none.
  EvictionEntry* evict() noexcept;
  bool has_ghost(std::uint64_t hash) const noexcept { return ghosts_.has(hash); }

  void swap_ghosts(GhostTable& other) noexcept { std::swap(ghosts_, other); }  // for a table of another size
  double small_share() const noexcept { return small_share_; }

 private:
  static constexpr std::uint8_t kMostUses = 3;
  static constexpr unsigned kClasses = 24;

  struct List {
    EvictionEntry* newest = nullptr;
    EvictionEntry* oldest = nullptr;
  };
  struct Queue {
    std::array<List, kClasses> lists;
    std::array<std::uint32_t, kClasses> oldest_entered{};  // of the oldest in each list: what the choice looks at
    std::uint32_t in_use = 0;                              // a bit for each list that is not empty
    std::uint64_t octets = 0;
  };

  Queue& queue_of(EvictionEntry& entry) noexcept { return queues_[static_cast<std::size_t>(entry.queue_)]; }
  void push(EvictionEntry& entry) noexcept;
  void unlink(EvictionEntry& entry) noexcept;
  Queue& queue_to_shorten() noexcept;
  EvictionEntry* next_of(const Queue& queue) const noexcept;
  void learn_from(const GhostTable::Ghost& ghost) noexcept;

  std::array<Queue, 2> queues_;
  GhostTable ghosts_;
  std::uint32_t insertions_ = 0;
  std::uint32_t entries_ = 0;
  double small_share_ = 0.1;  // of all octets
};

}  // namespace sluice::cache
