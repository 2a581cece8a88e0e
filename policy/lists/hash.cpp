#include "policy/lists/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice::policy {

std::uint64_t hash_of(std::string_view octets) noexcept {
  return XXH3_64bits(octets.data(), octets.size());
}

}  // namespace sluice::policy
