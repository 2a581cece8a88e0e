#pragma once

#include <string>

#include "cache/stored_response.hpp"

namespace sluice::cache {

// A response that varies by more fields than this is treated as one that varies by everything.
inline constexpr std::size_t kMostVaryNames = 32;

// RFC 9111 4.1. The names of the combined Vary field, lower case, sorted, without repeats. `matches_nothing` for "*".
struct VaryNames {
  std::vector<std::string> names;
  bool matches_nothing = false;
};
VaryNames vary_names(Fields response);

// The variant of a response to `request` that varies by `names`: the selecting fields with normalised values
// (whitespace, order of list members where it has no meaning, Accept-Encoding reduced to the codings that matter).
std::string variant_key(const VaryNames& names, Fields request);

}  // namespace sluice::cache
