#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "policy/lists/entry.hpp"

namespace sluice::policy {

// Leaves out of entries what removals among them take away: those of the same tag for the same thing, and the removals.
// `is_same(a, b)`: whether two entries are about the same thing; such entries stand next to each other.
template <typename Entry, typename IsSame>
void carry_out_removals(std::vector<Entry>& entries, IsSame is_same) {
  std::vector<std::uint32_t> removed;  // tags
  const auto tag_of = [](const Entry& entry) { return Membership(entry.member).tag(); };
  const auto is_removal = [](const Entry& entry) { return Membership(entry.member).effect() == Effect::removes; };
  if (std::ranges::none_of(entries, is_removal)) { return; }
  auto kept = entries.begin();
  for (auto begin = entries.begin(); begin != entries.end();) {
    const auto end = std::find_if(begin, entries.end(), [&](const Entry& other) { return !is_same(*begin, other); });
    removed.clear();
    std::for_each(begin, end, [&](const Entry& entry) {
      if (is_removal(entry)) { removed.push_back(tag_of(entry)); }
    });
    for (; begin != end; ++begin) {
      const bool is_taken = std::ranges::find(removed, tag_of(*begin)) != removed.end();
      if (is_taken) { continue; }
      if (kept != begin) { *kept = std::move(*begin); }
      ++kept;
    }
  }
  entries.erase(kept, entries.end());
}

}  // namespace sluice::policy
