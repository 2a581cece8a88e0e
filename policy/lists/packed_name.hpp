#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sluice::policy {

static_assert(std::endian::native == std::endian::little,
              "compiled lists are little-endian and are mapped as they are");

// A name at two thirds of its size. Names have 39 different characters, so three of them fit into 16 bits; a last unit
// that is not full is filled up with zeros. Two names are the same exactly when their units are.
class PackedName {
 public:
  static constexpr std::size_t kMostUnits = 85;  // 253 characters

  // The number of a character, from 1; 0 when no name holds it.
  static constexpr std::uint8_t symbol_of(char c) noexcept { return kSymbols[static_cast<unsigned char>(c)]; }

  // Whether it has the characters of a name only.
  static bool can_hold(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return symbol_of(c) != 0; });
  }

  // REQUIRES: a name in its normal form.
  explicit PackedName(std::string_view name) noexcept {
    for (; name.size() >= 3; name.remove_prefix(3)) {
      append(symbol_of(name[0]), symbol_of(name[1]), symbol_of(name[2]));
    }
    if (!name.empty()) { append(symbol_of(name[0]), name.size() == 2 ? symbol_of(name[1]) : 0U, 0); }
  }
  PackedName() = default;

  std::size_t units() const noexcept { return units_; }
  std::string_view octets() const noexcept {
    return {reinterpret_cast<const char*>(data_.data()), units_ * sizeof(std::uint16_t)};
  }

 private:
  static constexpr unsigned kBase = 40;
  static constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

  static constexpr std::array<std::uint8_t, 256> make_symbols() {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < kCharacters.size(); ++i) {
      table[static_cast<unsigned char>(kCharacters[i])] = static_cast<std::uint8_t>(i + 1);
    }
    return table;
  }
  static const std::array<std::uint8_t, 256> kSymbols;

  void append(unsigned a, unsigned b, unsigned c) noexcept {
    data_[units_++] = static_cast<std::uint16_t>((a * kBase + b) * kBase + c);
  }

  friend std::string unpacked(std::string_view octets);

  std::size_t units_ = 0;
  std::array<std::uint16_t, kMostUnits> data_;
};

inline constexpr std::array<std::uint8_t, 256> PackedName::kSymbols = PackedName::make_symbols();

// The name again. Units that no name packs to end it: a damaged file gives a wrong name and no more.
inline std::string unpacked(std::string_view octets) {
  std::string name;
  for (; octets.size() >= 2; octets.remove_prefix(2)) {
    std::uint16_t unit = 0;
    std::memcpy(&unit, octets.data(), sizeof unit);
    for (const unsigned divisor : {PackedName::kBase * PackedName::kBase, PackedName::kBase, 1U}) {
      const unsigned symbol = unit / divisor % PackedName::kBase;
      if (symbol == 0 || unit >= PackedName::kBase * PackedName::kBase * PackedName::kBase) { return name; }
      name += PackedName::kCharacters[symbol - 1];
    }
  }
  return name;
}

}  // namespace sluice::policy
