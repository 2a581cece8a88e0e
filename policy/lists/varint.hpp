#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::policy {

// Numbers in as few octets as they need: seven bits an octet, the lowest first, the highest bit says that more follow.
inline void append_varint(std::uint32_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) { out += static_cast<char>(value | 0x80); }
  out += static_cast<char>(value);
}

// Takes one off the front. False when it does not end, or is larger than 32 bits.
inline bool take_varint(std::string_view& octets, std::uint32_t& value) noexcept {
  value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (octets.empty()) { return false; }
    const auto octet = static_cast<unsigned char>(octets.front());
    octets.remove_prefix(1);
    if (shift == 28 && octet > 0x0f) { return false; }
    value |= static_cast<std::uint32_t>(octet & 0x7f) << shift;
    if (octet < 0x80) { return true; }
  }
  return false;
}

}  // namespace sluice::policy
