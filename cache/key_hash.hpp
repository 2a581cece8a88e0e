#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice::cache {

// A 64-bit hash of a cache key. Keys are chosen by clients, so every store draws its own `seed`.
// Cost: two multiplications for sixteen octets.
inline std::uint64_t hash_key(std::string_view key, std::uint64_t seed) noexcept {
  constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15;  // odd constants with an even spread of bits
  constexpr std::uint64_t kSecond = 0xD6E8FEB86659FD93;
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  std::uint64_t state = seed ^ mix(key.size() + kFirst, kSecond);
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  while (key.size() > 16) {
    std::memcpy(&low, key.data(), 8);
    std::memcpy(&high, key.data() + 8, 8);
    state = mix(low ^ kFirst ^ seed, high ^ state) ^ mix(state, kSecond);
    key.remove_prefix(16);
  }
  low = high = 0;
  if (key.size() >= 8) {
    std::memcpy(&low, key.data(), 8);
    std::memcpy(&high, key.data() + key.size() - 8, 8);
  } else if (!key.empty()) {
    std::memcpy(&low, key.data(), key.size());
  }
  return mix(mix(low ^ kSecond ^ seed, high ^ state), state ^ kFirst);
}

}  // namespace sluice::cache
