#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::support {

// RFC 4648 section 4.
inline std::string base64(std::string_view octets) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      word = word << 8 | (i + k < octets.size() ? static_cast<unsigned char>(octets[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) { out += i + k <= octets.size() ? kAlphabet[word >> (18 - 6 * k) & 63] : '='; }
  }
  return out;
}

}  // namespace sluice::support
