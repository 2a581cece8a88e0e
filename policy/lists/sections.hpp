#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace sluice::policy {

// The parts of a compiled file, in their order. What each holds is said by the file that reads it.
enum class Section : std::uint8_t {
  origin,        // what the caller wants to know again: from which sources this was compiled
  tags,          // entry.hpp
  set_ends,      // member_sets.hpp
  set_members,   //
  name_filter,   // name_filter.hpp
  name_offsets,  // name_table.hpp
  names,         //
  ipv4_index,    // prefix_table.hpp
  ipv4_runs,     //
  ipv6_starts,   //
  ipv6_covers,   //
  prefixes,      //
  path_runs,     // path_table.hpp
  paths,         //
  expressions,   // expression_set.hpp
  literals,      //
  texts,         // of paths, expressions and literals
  lines,         // of prefixes, paths and expressions: where they stand in their sources
};
inline constexpr std::size_t kSections = 18;
inline constexpr std::size_t kFileHeader = 40 + 16 * kSections;

// Why octets are not a compiled file.
enum class OpenError : std::uint8_t { too_short, not_ours, other_version, truncated, damaged };
std::string_view to_string(OpenError error) noexcept;

// A compiled file: a header with the place of each section, then the sections, each at a multiple of eight.
// The header and everything behind it are checked by XXH3.
class Sections {
 public:
  Sections() = default;

  // Checks all of it. Cost: one pass over the octets, at the speed of memory.
  // REQUIRES: octets at an address that is a multiple of 8; they outlive this.
  static std::expected<Sections, OpenError> open(std::string_view octets) noexcept;

  std::string_view operator[](Section section) const noexcept { return views_[static_cast<std::size_t>(section)]; }

  // As numbers, or as records of them. What is left over at the end is not seen.
  template <typename Record>
  std::span<const Record> records(Section section) const noexcept {
    static_assert(alignof(Record) <= 8);
    const std::string_view octets = (*this)[section];
    return {reinterpret_cast<const Record*>(octets.data()), octets.size() / sizeof(Record)};
  }

 private:
  std::array<std::string_view, kSections> views_;
};

// Puts the checksums of its content into a file. REQUIRES: kFileHeader octets at least.
void seal(std::string& file) noexcept;

// The sections of a file that is being made.
struct SectionTexts {
  std::array<std::string, kSections> texts;

  std::string& operator[](Section section) noexcept { return texts[static_cast<std::size_t>(section)]; }

  template <typename Record>
  std::uint32_t append(Section section, const Record& record) {
    std::string& text = (*this)[section];
    text.append(reinterpret_cast<const char*>(&record), sizeof record);
    return static_cast<std::uint32_t>(text.size() / sizeof record - 1);
  }

  // The whole file. The same sections give the same octets.
  std::string file() const;
};

}  // namespace sluice::policy
