#include "cache/ghost_table.hpp"

#include <algorithm>
#include <bit>

namespace sluice::cache {
namespace {

// Never zero, and the lowest bit is free for the queue.
std::uint32_t fingerprint_of(std::uint64_t hash) noexcept {
  const auto high = static_cast<std::uint32_t>(hash >> 32) & ~1U;
  return high != 0 ? high : 2;
}

}  // namespace

GhostTable::GhostTable(std::size_t ghosts) : sets_(sets_for(ghosts)) {}

std::size_t GhostTable::sets_for(std::size_t ghosts) noexcept {
  return std::bit_ceil(std::max<std::size_t>(ghosts / kWays, 1));
}

std::size_t GhostTable::fixed_octets(std::size_t ghosts) noexcept {
  return sets_for(ghosts) * sizeof(Set);
}

void GhostTable::remember(std::uint64_t hash, EvictionQueue left) noexcept {
  const auto queue = static_cast<std::uint32_t>(left);
  const auto oldest = std::ranges::max_element(set_of(hash).slots, {}, [this](const Slot& slot) {
    return slot.fingerprint == 0 ? UINT32_MAX : departures_since(slot);
  });
  *oldest = {fingerprint_of(hash) | queue, ++departures_[queue]};
}

std::optional<GhostTable::Ghost> GhostTable::take(std::uint64_t hash) noexcept {
  const auto fingerprint = fingerprint_of(hash);
  for (Slot& slot : set_of(hash).slots) {
    if ((slot.fingerprint & ~1U) != fingerprint) { continue; }
    const Ghost ghost{static_cast<EvictionQueue>(slot.fingerprint & 1), departures_since(slot)};
    slot = {};
    return ghost;
  }
  return std::nullopt;
}

bool GhostTable::has(std::uint64_t hash) const noexcept {
  const auto fingerprint = fingerprint_of(hash);
  return std::ranges::any_of(sets_[place_of(hash)].slots,
                             [=](const Slot& slot) { return (slot.fingerprint & ~1U) == fingerprint; });
}

}  // namespace sluice::cache
