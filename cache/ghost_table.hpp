#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::cache {

// The two queues of the order of eviction.
enum class EvictionQueue : std::uint8_t { small, main };

// What left the order of eviction lately: a fingerprint of each hash, the queue that it left and when. A table of fixed
// size whose oldest ghosts make room, so that it can be charged; two hashes in 2^31 are taken for one another.
// Thread: one at a time. Cost: one cache line a call.
class GhostTable {
 public:
  static constexpr std::uint64_t kOctetsPerGhost = 4096;  // one for so much of a budget: 0.2 % of it

  explicit GhostTable(std::size_t ghosts);  // rounded up to a power of two

  static std::size_t fixed_octets(std::size_t ghosts) noexcept;  // that the table allocates

  void remember(std::uint64_t hash, EvictionQueue left) noexcept;

  struct Ghost {
    EvictionQueue left = EvictionQueue::small;
    std::uint32_t departures_since = 0;  // from the same queue
  };
  // The ghost of `hash`, which is forgotten with this.
  std::optional<Ghost> take(std::uint64_t hash) noexcept;
  bool has(std::uint64_t hash) const noexcept;

 private:
  static constexpr std::size_t kWays = 4;

  struct Slot {
    std::uint32_t fingerprint = 0;  // 0: empty. The lowest bit is the queue.
    std::uint32_t left_at = 0;      // the number of the departure
  };
  struct alignas(32) Set {
    std::array<Slot, kWays> slots;
  };

  static std::size_t sets_for(std::size_t ghosts) noexcept;
  std::size_t place_of(std::uint64_t hash) const noexcept { return (hash >> 8) & (sets_.size() - 1); }
  Set& set_of(std::uint64_t hash) noexcept { return sets_[place_of(hash)]; }
  std::uint32_t departures_since(const Slot& slot) const noexcept {
    return departures_[slot.fingerprint & 1] - slot.left_at;
  }

  std::vector<Set> sets_;
  std::array<std::uint32_t, 2> departures_{};
};

}  // namespace sluice::cache
