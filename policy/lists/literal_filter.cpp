#include "policy/lists/literal_filter.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sluice::policy {
namespace {

// Bits of the map for each literal: three positions in a hundred of a URL are then looked at more closely in vain.
constexpr std::size_t kBitsPerLiteral = 32;
constexpr std::size_t kFewestBits = 1 << 12;
constexpr std::size_t kMostBits = 1 << 21;

std::uint32_t hash_of_three(std::uint32_t octets) noexcept {
  return (octets & 0xff'ffff) * 0x9E3779B1U;
}

std::uint32_t hash_at(const char* octets) noexcept {
  std::uint32_t three = 0;
  std::memcpy(&three, octets, LiteralFilter::kShortest);
  return hash_of_three(three);
}

// How often an octet stands in URLs, roughly.
unsigned commonness(char octet) noexcept {
  constexpr std::string_view kCommon = "aeiotnrscm/.wphtl";
  if (kCommon.find(octet) != kCommon.npos) { return 3; }
  return octet >= 'a' && octet <= 'z' ? 2 : 1;
}

std::uint32_t rarest_three(std::string_view literal) noexcept {
  std::uint32_t best = 0;
  unsigned least = ~0U;
  for (std::uint32_t i = 0; i + LiteralFilter::kShortest <= literal.size(); ++i) {
    const unsigned score = commonness(literal[i]) + commonness(literal[i + 1]) + commonness(literal[i + 2]);
    if (score < least) {
      least = score;
      best = i;
    }
  }
  return best;
}

}  // namespace

void LiteralFilter::add(std::string_view literal, std::uint32_t group) {
  literals_.push_back({.text = literal, .group = group, .offset = rarest_three(literal)});
}

void LiteralFilter::build() {
  if (literals_.empty()) { return; }
  const std::size_t bits = std::clamp(std::bit_ceil(literals_.size() * kBitsPerLiteral), kFewestBits, kMostBits);
  shift_ = 32 - static_cast<unsigned>(std::countr_zero(bits));
  head_shift_ = shift_ + 3;
  bits_.assign(bits / 64, 0);
  heads_.assign(bits / 8, 0);
  for (std::size_t i = 0; i < literals_.size(); ++i) {
    Literal& literal = literals_[i];
    const std::uint32_t hash = hash_at(literal.text.data() + literal.offset);
    bits_[hash >> shift_ >> 6] |= std::uint64_t{1} << (hash >> shift_ & 63);
    std::uint32_t& head = heads_[hash >> head_shift_];
    literal.next = head;
    head = static_cast<std::uint32_t>(i + 1);
  }
}

void LiteralFilter::scan(std::string_view lower, GroupMask& groups) const noexcept {
  if (literals_.empty() || lower.size() < kShortest) { return; }
  const std::uint64_t* const bits = bits_.data();
  const auto look = [&](std::size_t at, std::uint32_t hash) {
    const std::uint32_t place = hash >> shift_;
    if ((bits[place >> 6] >> (place & 63) & 1) != 0) { compare(lower, at, hash, groups); }
  };
  const std::size_t last = lower.size() - kShortest;
  for (std::size_t i = 0; i < last; ++i) {
    std::uint32_t four = 0;  // one load in place of three
    std::memcpy(&four, lower.data() + i, sizeof four);
    look(i, hash_of_three(four));
  }
  look(last, hash_at(lower.data() + last));
}

void LiteralFilter::compare(std::string_view lower, std::size_t at, std::uint32_t hash,
                            GroupMask& groups) const noexcept {
  for (std::uint32_t number = heads_[hash >> head_shift_]; number != 0; number = literals_[number - 1].next) {
    const Literal& literal = literals_[number - 1];
    if (at < literal.offset) { continue; }
    if (lower.substr(at - literal.offset).starts_with(literal.text)) { groups.set(literal.group); }
  }
}

}  // namespace sluice::policy
