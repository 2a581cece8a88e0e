#include "policy/address_index.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

Address last_of(const Prefix& prefix) noexcept {
  auto octets = prefix.address().octets();
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(prefix.bits() - 8 * i, 0, 8);
    octets[static_cast<std::size_t>(i)] |= static_cast<std::uint8_t>(0xff >> kept);
  }
  return Address(octets);
}

// Whether `next` is the address right behind `last`.
bool is_adjacent(const Address& last, const Address& next) noexcept {
  auto octets = last.octets();
  for (std::size_t i = octets.size(); i-- > 0;) {
    if (++octets[i] != 0) { return Address(octets) == next; }
  }
  return false;  // there is nothing behind the very last address
}

}  // namespace

AddressIndex::AddressIndex(std::span<const Prefix> prefixes) {
  std::vector<Run> runs;
  runs.reserve(prefixes.size());
  for (const Prefix& prefix : prefixes) { runs.push_back({prefix.address(), last_of(prefix)}); }
  std::ranges::sort(runs, {}, &Run::first);
  for (const Run& run : runs) {
    if (!runs_.empty() && (run.first <= runs_.back().last || is_adjacent(runs_.back().last, run.first))) {
      runs_.back().last = std::max(runs_.back().last, run.last);
    } else {
      runs_.push_back(run);
    }
  }
}

bool AddressIndex::contains(const Address& address) const noexcept {
  const auto behind = std::ranges::upper_bound(runs_, address, {}, &Run::first);
  return behind != runs_.begin() && address <= std::prev(behind)->last;
}

}  // namespace sluice::policy
