#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "policy/lists/sections.hpp"

namespace sluice::policy {

// Tells of most names that are in no list, by their hash, that they are in none: a Bloom filter of an octet a name,
// four bits of one word each. It is small enough for the processor's cache, which the names are not. One name in some
// twenty that is in no list gets through.
//
// Section name_filter: 64-bit words. Thread: any.
class NameFilter {
 public:
  NameFilter() = default;
  explicit NameFilter(const Sections& sections) noexcept
      : words_(sections.records<std::uint64_t>(Section::name_filter)) {}

  bool may_have(std::uint64_t hash) const noexcept {
    if (words_.empty()) { return false; }
    const std::uint64_t bits = bits_of(hash);
    return (words_[place_of(hash, words_.size())] & bits) == bits;
  }
  void prefetch(std::uint64_t hash) const noexcept {
    if (!words_.empty()) { __builtin_prefetch(&words_[place_of(hash, words_.size())]); }
  }

 private:
  friend class NameFilterWriter;
  static std::size_t place_of(std::uint64_t hash, std::size_t words) noexcept { return (hash >> 32) * words >> 32; }
  static std::uint64_t bits_of(std::uint64_t hash) noexcept {
    return std::uint64_t{1} << (hash & 63) | std::uint64_t{1} << (hash >> 6 & 63) |
           std::uint64_t{1} << (hash >> 12 & 63) | std::uint64_t{1} << (hash >> 18 & 63);
  }

  std::span<const std::uint64_t> words_;
};

// Writes the section.
class NameFilterWriter {
 public:
  explicit NameFilterWriter(std::size_t names) : words_(names / sizeof(std::uint64_t) + 1) {}

  void add(std::uint64_t hash) noexcept {
    words_[NameFilter::place_of(hash, words_.size())] |= NameFilter::bits_of(hash);
  }
  void finish(SectionTexts& sections) const {
    for (const std::uint64_t word : words_) { sections.append(Section::name_filter, word); }
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace sluice::policy
