#include "gateway/control/lists/list_counts.hpp"

namespace sluice::control {

void add_report(const policy::ImportReport& report, const std::string& file, ListCounts& counts) {
  counts.lines += report.lines;
  counts.entries += report.entries;
  counts.exceptions += report.exceptions;
  counts.lowered += report.lowered;
  counts.skipped += report.skipped;
  counts.rejected += report.rejected;
  for (const auto& [what, count] : report.unsupported) { counts.unsupported[what] += count; }
  counts.wide += report.wide;
  const auto add = [&](const auto& remarks, std::size_t most, std::vector<ListRemark>& kept) {
    for (const auto& remark : remarks) {
      if (kept.size() < most) { kept.push_back({file, remark.line, remark.reason}); }
    }
  };
  add(report.rejections, policy::ImportReport::kMostRejections, counts.rejections);
  add(report.wide_entries, policy::ImportReport::kMostWide, counts.wide_entries);
}

void add_counts(const policy::ListCompiler::Counts& compiled, ListCounts& counts) {
  const auto add = [&](const policy::ListCompiler::KindCounts& kind, std::uint64_t& entries, std::uint64_t& distinct) {
    entries = kind.entries;
    distinct = kind.distinct;
    counts.distinct += kind.distinct;
    counts.duplicates += kind.entries - kind.distinct;
  };
  counts.distinct = counts.duplicates = 0;
  add(compiled.names, counts.names, counts.distinct_names);
  add(compiled.prefixes, counts.prefixes, counts.distinct_prefixes);
  add(compiled.paths, counts.paths, counts.distinct_paths);
  add(compiled.expressions, counts.expressions, counts.distinct_expressions);
}

std::string warning_of(const ListCounts& counts) {
  constexpr std::size_t kMost = 3;  // named; `lists show` names more
  std::string text;
  for (std::size_t i = 0; i < counts.wide_entries.size() && i < kMost; ++i) {
    text += (i == 0 ? "" : "; ") + place_of(counts.wide_entries[i]) + ": " + counts.wide_entries[i].reason;
  }
  return counts.wide <= kMost ? text : text + "; and " + std::to_string(counts.wide - kMost) + " more like that";
}

std::string place_of(const ListRemark& remark) {
  return (remark.file.empty() ? "line " : remark.file + ":") + std::to_string(remark.line);
}

std::string doubt_of(const ListCounts& counts, std::string_view format) {
  constexpr std::uint64_t kMostOfTen = 9;
  if (counts.rejected == 0 || counts.rejected * 10 < counts.lines * kMostOfTen) { return {}; }
  return std::to_string(counts.rejected) + " of " + std::to_string(counts.lines) +
         " lines are rejected: this is no list in the format `" + std::string(format) + "`";
}

}  // namespace sluice::control
