#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "policy/lists/member_sets.hpp"
#include "policy/lists/sections.hpp"

namespace sluice::policy {

// Beginnings of paths below a host: a run of them for each host that has some, sorted.
//
// Section path_runs: where each run begins and ends in paths. Section paths: records, whose text is in Section::texts.
// Thread: any. Cost: one binary search in the run.
class PathTable {
 public:
  struct Run {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  struct Record {
    std::uint32_t text = 0;
    std::uint32_t size = 0;
    std::uint32_t set = 0;
    std::uint32_t around = 0;  // the longest other path of the run that this one begins with, its number + 1; or 0
    std::uint32_t lines = 0;   // where those of its set begin in Section::lines
  };

  PathTable() = default;
  explicit PathTable(const Sections& sections) noexcept
      : runs_(sections.records<Run>(Section::path_runs)),
        records_(sections.records<Record>(Section::paths)),
        texts_(sections[Section::texts]) {}

  std::size_t size() const noexcept { return records_.size(); }
  const Record* record(std::uint32_t number) const noexcept {
    return number < records_.size() ? &records_[number] : nullptr;
  }
  std::string_view text(const Record& record) const noexcept {
    return record.text <= texts_.size() ? texts_.substr(record.text, record.size) : std::string_view();
  }

  // Calls `visit(number)` for each path of the run that `path` begins with, the longest first.
  template <typename Visit>
  void find(std::uint32_t run, std::string_view path, Visit visit) const {
    std::uint32_t next = last_not_behind(run, path);
    while (next != 0 && next <= records_.size()) {
      const Record& candidate = records_[next - 1];
      if (path.starts_with(text(candidate))) { visit(next - 1); }
      if (candidate.around >= next) { return; }  // no file of ours says this; it must end all the same
      next = candidate.around;
    }
  }

 private:
  std::uint32_t last_not_behind(std::uint32_t run, std::string_view path) const noexcept;  // number + 1; 0: none

  std::span<const Run> runs_;
  std::span<const Record> records_;
  std::string_view texts_;
};

// A path with one of its memberships, as it was read.
struct PathEntry {
  std::string_view path;
  std::uint32_t member = 0;
  std::uint32_t line = 0;

  friend auto operator<=>(const PathEntry&, const PathEntry&) = default;
};

// Writes the run of one host and returns its number. REQUIRES: entries in their order, not empty.
std::uint32_t write_paths(std::span<const PathEntry> entries, MemberSetsWriter& sets, SectionTexts& sections);

}  // namespace sluice::policy
