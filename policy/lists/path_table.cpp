#include "policy/lists/path_table.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

std::uint32_t count_of(SectionTexts& sections) {
  return static_cast<std::uint32_t>(sections[Section::paths].size() / sizeof(PathTable::Record));
}

PathTable::Record record_of(std::span<const PathEntry> entries, MemberSetsWriter& sets, SectionTexts& sections) {
  PathTable::Record record;
  std::vector<std::uint32_t> members;
  for (const PathEntry& entry : entries) {
    if (!members.empty() && members.back() == entry.member) { continue; }
    const std::uint32_t at = sections.append(Section::lines, entry.line);
    if (members.empty()) { record.lines = at; }
    members.push_back(entry.member);
  }
  record.set = sets.number_of(members);
  record.text = static_cast<std::uint32_t>(sections[Section::texts].size());
  record.size = static_cast<std::uint32_t>(entries.front().path.size());
  sections[Section::texts] += entries.front().path;
  return record;
}

}  // namespace

std::uint32_t PathTable::last_not_behind(std::uint32_t run, std::string_view path) const noexcept {
  if (run >= runs_.size()) { return 0; }
  const Run& limits = runs_[run];
  if (limits.begin > limits.end || limits.end > records_.size()) { return 0; }
  const auto paths = records_.subspan(limits.begin, limits.end - limits.begin);
  const auto behind = std::ranges::upper_bound(paths, path, {}, [&](const Record& record) { return text(record); });
  return behind == paths.begin() ? 0 : limits.begin + static_cast<std::uint32_t>(behind - paths.begin());
}

std::uint32_t write_paths(std::span<const PathEntry> entries, MemberSetsWriter& sets, SectionTexts& sections) {
  PathTable::Run run{.begin = count_of(sections)};
  std::vector<std::pair<std::string_view, std::uint32_t>> around;  // the paths that the current one begins with
  while (!entries.empty()) {
    const std::string_view path = entries.front().path;
    const auto other = std::ranges::find_if(entries, [&](const PathEntry& entry) { return entry.path != path; });
    const auto count = static_cast<std::size_t>(other - entries.begin());
    while (!around.empty() && !path.starts_with(around.back().first)) { around.pop_back(); }
    PathTable::Record record = record_of(entries.first(count), sets, sections);
    record.around = around.empty() ? 0 : around.back().second;
    around.emplace_back(path, sections.append(Section::paths, record) + 1);
    entries = entries.subspan(count);
  }
  run.end = count_of(sections);
  return sections.append(Section::path_runs, run);
}

}  // namespace sluice::policy
