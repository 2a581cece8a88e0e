#include <cstdint>

#include "policy/values.hpp"

namespace sluice::policy {
namespace {

// How many octets the sequence has that begins with `lead`; 0 when none does.
std::size_t sequence_length(unsigned char lead) noexcept {
  if (lead < 0x80) { return 1; }
  if (lead < 0xc2) { return 0; }  // a continuation, or an overlong form
  if (lead < 0xe0) { return 2; }
  if (lead < 0xf0) { return 3; }
  return lead < 0xf5 ? 4 : 0;
}

bool is_scalar_value(std::uint32_t value, std::size_t length) noexcept {
  if (length == 3) { return value >= 0x800 && (value < 0xd800 || value > 0xdfff); }
  return length != 4 || (value >= 0x10000 && value <= 0x10ffff);
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = sequence_length(lead);
    if (length == 0 || i + length > text.size()) { return false; }
    std::uint32_t value = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto octet = static_cast<unsigned char>(text[i + k]);
      if ((octet & 0xc0) != 0x80) { return false; }
      value = value << 6 | (octet & 0x3fu);
    }
    if (!is_scalar_value(value, length)) { return false; }
    i += length;
  }
  return true;
}

}  // namespace sluice::policy
