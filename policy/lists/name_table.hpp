#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/lists/member_sets.hpp"
#include "policy/lists/name_filter.hpp"
#include "policy/lists/packed_name.hpp"
#include "policy/lists/sections.hpp"

namespace sluice::policy {

// Names, each once, with the set of what it is a member of and the run of its paths. A hash table of buckets that are
// read from their front; names are compared whole, so that it never answers for another name.
//
// Section name_offsets: where each bucket begins in names, and
// where the last one ends. Section names: of each bucket the number of its entries and the entries - units, packed
// name, set * 2 + (1 if a run follows), run - and behind them, because decisions do not need them, the line of each
// membership of each entry.
//
// Nothing that the octets say is trusted: what would lead out of the section is taken for the end of the bucket.
// Thread: any. Cost: two reads of memory that are likely not in a processor's cache, begun for several names together,
// for names that the filter lets through.
class NameTable {
 public:
  struct Key {
    PackedName name;
    std::uint64_t hash = 0;
  };
  struct Entry {
    std::uint32_t bucket = 0;
    std::uint32_t index = 0;  // in its bucket
    std::uint32_t set = 0;
    std::optional<std::uint32_t> run = std::nullopt;  // of paths
  };

  NameTable() = default;
  explicit NameTable(const Sections& sections) noexcept
      : filter_(sections),
        offsets_(sections.records<std::uint32_t>(Section::name_offsets)),
        octets_(sections[Section::names]) {}

  const NameFilter& filter() const noexcept { return filter_; }

  std::uint32_t buckets() const noexcept {
    return offsets_.empty() ? 0 : static_cast<std::uint32_t>(offsets_.size() - 1);
  }

  std::optional<Entry> find(const Key& key) const noexcept;
  // What find() is going to read, asked for ahead: first the place of the bucket, then the bucket.
  void prefetch_place(std::uint64_t hash) const noexcept;
  void prefetch_bucket(std::uint64_t hash) const noexcept;

  std::string name(const Entry& entry) const;
  // Of the member with this number in the entry's set; 0 when it is not known.
  std::uint32_t line(const Entry& entry, std::uint32_t member, const MemberSets& sets) const noexcept;

  // Monotonous in the hash, so that a table is written in the order of the hashes.
  static std::uint32_t bucket_of(std::uint64_t hash, std::uint32_t buckets) noexcept {
    return static_cast<std::uint32_t>((hash >> 32) * buckets >> 32);
  }

 private:
  std::string_view bucket(std::uint32_t number) const noexcept;

  NameFilter filter_;
  std::span<const std::uint32_t> offsets_;
  std::string_view octets_;
};

// Writes the sections, and that of the filter.
class NameTableWriter {
 public:
  // `names`: how many there will be. REQUIRES: add() in the order of hashes.
  NameTableWriter(SectionTexts& sections, std::size_t names);

  void add(std::uint64_t hash, std::string_view packed, std::uint32_t set, std::optional<std::uint32_t> run,
           std::span<const std::uint32_t> lines);
  // False when the names need more than 4 GiB.
  [[nodiscard]] bool finish();

 private:
  void close_buckets(std::uint32_t up_to);

  SectionTexts& sections_;
  NameFilterWriter filter_;
  std::uint32_t buckets_;
  std::uint32_t bucket_ = 0;   // being written
  std::uint32_t entries_ = 0;  // in it
  std::string entry_octets_;
  std::string line_octets_;
};

}  // namespace sluice::policy
