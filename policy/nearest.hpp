#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice::policy {

// The one of `known` that `word` was probably meant to be, by edit distance (a third of its length at most, a swap of
// neighbours counting once, upper and lower case alike); empty when none is near. The first of equally near ones.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

// "; did you mean `host`?", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace sluice::policy
