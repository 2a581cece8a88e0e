#include "policy/lists/literal_filter.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sluice::policy {
namespace {

// Octets of each of the two maps for a window, at least: then one place in a hundred and fifty that has none is looked
// at more closely all the same.
constexpr std::size_t kOctetsPerWindow = 4;
constexpr std::size_t kSmallestMap = 1 << 10;
constexpr std::size_t kLargestMap = 1 << 18;
constexpr unsigned kSecond = 24;  // of the hash: bits that do not say the place in the first map

std::uint64_t hash_of(std::uint32_t octets) noexcept {
  return octets * 0x9e3779b97f4a7c15ULL;
}

constexpr std::size_t kLoad = sizeof(std::uint32_t);  // one load, however wide the window
template <std::size_t kWidth>
constexpr std::uint32_t kWindow = ~std::uint32_t{0} >> 8 * (kLoad - kWidth);

template <std::size_t kWidth>
std::uint32_t window_at(const char* text) noexcept {
  std::uint32_t octets = 0;
  std::memcpy(&octets, text, kWidth);
  return octets;
}

// How often an octet stands in URLs, roughly.
unsigned commonness(char octet) noexcept {
  constexpr std::string_view kCommon = "aeiotnrscm/.wphtl";
  if (kCommon.find(octet) != kCommon.npos) { return 3; }
  return octet >= 'a' && octet <= 'z' ? 2 : 1;
}

// Of the windows at `first`, `first + step`, ...
std::uint32_t rarest_window(std::string_view literal, std::size_t width, std::size_t first, std::size_t step) noexcept {
  std::size_t best = first;
  unsigned least = ~0U;
  for (std::size_t i = first; i + width <= literal.size(); i += step) {
    unsigned score = 0;
    for (const char octet : literal.substr(i, width)) { score += commonness(octet); }
    if (score < least) {
      least = score;
      best = i;
    }
  }
  return static_cast<std::uint32_t>(best);
}

}  // namespace

template <std::size_t kWidth, std::size_t kStep>
void LiteralWindows<kWidth, kStep>::add(std::string_view literal, std::uint32_t group) {
  for (std::size_t first = 0; first < kStep; ++first) {
    const std::uint32_t offset = rarest_window(literal, kWidth, first, kStep);
    windows_.push_back(
        {.literal = literal, .group = group, .offset = offset, .octets = window_at<kWidth>(literal.data() + offset)});
  }
}

template <std::size_t kWidth, std::size_t kStep>
void LiteralWindows<kWidth, kStep>::build() {
  if (windows_.empty()) { return; }
  const std::size_t size = std::clamp(std::bit_ceil(windows_.size() * kOctetsPerWindow), kSmallestMap, kLargestMap);
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(size));
  mask_ = size - 1;
  first_map_.assign(size, 0);
  second_map_.assign(size, 0);
  heads_.assign(size, 0);
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const std::uint64_t hash = hash_of(windows_[i].octets);
    const auto bit = static_cast<std::uint8_t>(1 << i % 8);
    first_map_[hash >> shift_] |= bit;
    second_map_[hash >> kSecond & mask_] |= bit;
    std::uint32_t& head = heads_[hash >> shift_];
    windows_[i].next = head;
    head = static_cast<std::uint32_t>(i + 1);
  }
}

template <std::size_t kWidth, std::size_t kStep>
void LiteralWindows<kWidth, kStep>::scan(std::string_view text, GroupMask& groups) const noexcept {
  if (windows_.empty()) { return; }
  const std::uint8_t* const first = first_map_.data();
  const std::uint8_t* const second = second_map_.data();
  const unsigned shift = shift_;
  const std::size_t mask = mask_;
  const auto look = [&](std::size_t at, std::uint32_t octets) {
    const std::uint64_t hash = hash_of(octets);
    if ((first[hash >> shift] & second[hash >> kSecond & mask]) != 0) [[unlikely]] {
      compare(text, at, octets, groups);
    }
  };
  std::size_t at = 0;
  for (; at + kLoad <= text.size(); at += kStep) { look(at, window_at<kLoad>(text.data() + at) & kWindow<kWidth>); }
  for (; at + kWidth <= text.size(); at += kStep) { look(at, window_at<kWidth>(text.data() + at)); }
}

template <std::size_t kWidth, std::size_t kStep>
void LiteralWindows<kWidth, kStep>::compare(std::string_view text, std::size_t at, std::uint32_t octets,
                                            GroupMask& groups) const noexcept {
  for (std::uint32_t number = heads_[hash_of(octets) >> shift_]; number != 0; number = windows_[number - 1].next) {
    const Window& window = windows_[number - 1];
    if (window.octets != octets || at < window.offset) { continue; }
    if (text.substr(at - window.offset).starts_with(window.literal)) { groups.set(window.group); }
  }
}

void LiteralFilter::add(std::string_view literal, std::uint32_t group) {
  if (literal.size() < long_.kShortest) {
    short_.add(literal, group);
  } else {
    long_.add(literal, group);
  }
}

void LiteralFilter::build() {
  long_.build();
  short_.build();
}

void LiteralFilter::scan(std::string_view lower, GroupMask& groups) const noexcept {
  long_.scan(lower, groups);
  short_.scan(lower, groups);
}

}  // namespace sluice::policy
