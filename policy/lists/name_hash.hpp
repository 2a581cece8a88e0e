#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "policy/lists/name.hpp"

namespace sluice::policy {

// The hash of a name, taken a label at a time from its end: the hashes of all the names above it come by on the way.
// Its values stand in compiled files: another function is another version of them.
class NameHash {
 public:
  // Octets that must be readable behind a label, whatever they are.
  static constexpr std::size_t kReadAhead = 8;

  // Puts a label in front of what there is. REQUIRES: not empty.
  void add(const char* label, std::size_t size) noexcept {
    state_ ^= kLabel;  // "ab.c" is not "abc"
    for (; size > kReadAhead; size -= kReadAhead, label += kReadAhead) { mix(load(label)); }
    mix(load(label) & (~std::uint64_t{0} >> (64 - 8 * size)));
  }

  std::uint64_t value() const noexcept {
    std::uint64_t value = state_ * 0xff51afd7ed558ccdULL;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53ULL;
    return value ^ value >> 33;
  }

 private:
  static constexpr std::uint64_t kLabel = 0x9e3779b97f4a7c15ULL;

  static std::uint64_t load(const char* octets) noexcept {
    std::uint64_t eight = 0;
    std::memcpy(&eight, octets, sizeof eight);
    return eight;
  }
  void mix(std::uint64_t octets) noexcept {
    state_ = (state_ ^ octets) * 0xd6e8feb86659fd93ULL;
    state_ ^= state_ >> 32;
  }

  std::uint64_t state_ = 0;
};

// A name and those above it with their hashes: "a.b.example", "b.example", "example". Cost: one pass from the end.
class NamesUp {
 public:
  // REQUIRES: kLongestName octets at most. Of more than kMost labels those at the end are seen.
  explicit NamesUp(std::string_view name) noexcept {
    std::memcpy(octets_.data(), name.data(), name.size());
    std::memset(octets_.data() + name.size(), 0, NameHash::kReadAhead);
    NameHash hash;
    std::size_t end = name.size();
    for (std::size_t i = name.size(); i-- > 0 && count_ < kMost;) {
      const bool begins_label = i == 0 || octets_[i - 1] == '.';
      if (!begins_label) { continue; }
      hash.add(octets_.data() + i, end - i);
      starts_[count_] = static_cast<std::uint8_t>(i);
      hashes_[count_++] = hash.value();
      if (i > 0) { end = --i; }
    }
  }

  static constexpr std::size_t kMost = 128;
  std::size_t count() const noexcept { return count_; }
  // From 0, the one label at the end.
  std::size_t start(std::size_t number) const noexcept { return starts_[number]; }
  std::uint64_t hash(std::size_t number) const noexcept { return hashes_[number]; }

 private:
  std::size_t count_ = 0;
  std::array<char, kLongestName + NameHash::kReadAhead> octets_;
  std::array<std::uint8_t, kMost> starts_;
  std::array<std::uint64_t, kMost> hashes_;
};

// Of the whole name. REQUIRES: a name in its normal form.
inline std::uint64_t hash_of_name(std::string_view name) noexcept {
  const NamesUp names(name);
  return names.hash(names.count() - 1);
}

}  // namespace sluice::policy
