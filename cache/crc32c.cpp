#include "cache/crc32c.hpp"

#include <array>
#include <cstring>

namespace sluice::cache {
namespace {

constexpr std::uint32_t kReflectedPolynomial = 0x82F63B78;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) { value = (value >> 1) ^ ((value & 1) != 0 ? kReflectedPolynomial : 0); }
    table[i] = value;
  }
  return table;
}
constexpr auto kTable = make_table();

std::uint32_t by_table(std::string_view octets, std::uint32_t state) noexcept {
  for (const char octet : octets) { state = (state >> 8) ^ kTable[(state ^ static_cast<unsigned char>(octet)) & 0xFF]; }
  return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view octets, std::uint32_t state) noexcept {
  std::uint64_t wide = state;
  while (octets.size() >= sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), sizeof word);
    wide = __builtin_ia32_crc32di(wide, word);
    octets.remove_prefix(sizeof word);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (const char octet : octets) { narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(octet)); }
  return narrow;
}
#endif

}  // namespace

std::uint32_t crc32c(std::string_view octets, std::uint32_t crc) noexcept {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) { return ~by_instruction(octets, ~crc); }
#endif
  return ~by_table(octets, ~crc);
}

}  // namespace sluice::cache
