#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

// Insertions, deletions, replacements and swaps of neighbours that make `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate that was probably meant; "" when none is near enough to be more help than noise.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// "; did you mean `cache.memory`?" for the known key or section nearest to an unknown dotted name;
// "; `log` has `file`, `format`" when only the section is known; or "".
std::string hint_for_unknown_key(std::string_view name);

}  // namespace sluice::config
