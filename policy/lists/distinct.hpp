#pragma once

#include <algorithm>
#include <vector>

#include "policy/lists/entry.hpp"

namespace sluice::policy {

// Calls `visit(list)` for each thing that entries are about, once for each list that names it in its sources.
// `is_same(a, b)`: whether two entries are about the same thing; such entries stand next to each other.
// `list_of(tag)`: the number of the tag's list.
template <typename Entry, typename IsSame, typename ListOf, typename Visit>
void for_each_distinct(const std::vector<Entry>& entries, IsSame is_same, ListOf list_of, Visit visit) {
  std::vector<std::uint32_t> seen;  // lists
  const Entry* before = nullptr;
  for (const Entry& entry : entries) {
    if (before != nullptr && !is_same(*before, entry)) { seen.clear(); }
    before = &entry;
    const std::uint32_t list = list_of(Membership(entry.member).tag());
    const bool is_by_hand = entry.line == 0;
    if (is_by_hand || std::ranges::find(seen, list) != seen.end()) { continue; }
    seen.push_back(list);
    visit(list);
  }
}

}  // namespace sluice::policy
