#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::http {

// The octet classes of RFC 9110 5.5, 5.6.2 and RFC 9112 3, one table look-up each.
enum CharacterClass : std::uint8_t {
  kTokenOctet = 1,   // tchar
  kFieldOctet = 2,   // HTAB, SP, VCHAR, obs-text: what a field value or a reason phrase may hold
  kTargetOctet = 4,  // VCHAR: what a request target may hold (RFC 3986 is narrower; browsers send | { } and such raw)
  kHexDigit = 8,
  kDigit = 16,
};

namespace characters {

constexpr bool is_in(std::string_view set, unsigned octet) {
  return octet != 0 && set.find(static_cast<char>(octet)) != set.npos;
}

constexpr std::array<std::uint8_t, 256> make_table() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned octet = 0; octet < 256; ++octet) {
    const bool digit = octet >= '0' && octet <= '9';
    const bool alpha = (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
    unsigned bits = 0;
    if (digit || alpha || is_in("!#$%&'*+-.^_`|~", octet)) { bits |= kTokenOctet; }
    if (octet == '\t' || (octet >= 0x20 && octet != 0x7f)) { bits |= kFieldOctet; }
    if (octet > 0x20 && octet < 0x7f) { bits |= kTargetOctet; }
    if (digit || is_in("abcdefABCDEF", octet)) { bits |= kHexDigit; }
    if (digit) { bits |= kDigit; }
    table[octet] = static_cast<std::uint8_t>(bits);
  }
  return table;
}

inline constexpr auto kTable = make_table();

}  // namespace characters

constexpr bool is_class(char octet, CharacterClass wanted) noexcept {
  return (characters::kTable[static_cast<unsigned char>(octet)] & wanted) != 0;
}

constexpr char to_lower(char octet) noexcept {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet | 0x20) : octet;
}

// The value of a hexadecimal digit. REQUIRES: is_class(octet, kHexDigit).
constexpr unsigned hex_value(char octet) noexcept {
  return octet <= '9' ? static_cast<unsigned>(octet - '0') : static_cast<unsigned>((octet | 0x20) - 'a' + 10);
}

}  // namespace sluice::http
