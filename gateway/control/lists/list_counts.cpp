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
  for (const auto& rejection : report.rejections) {
    if (counts.rejections.size() == policy::ImportReport::kMostRejections) { return; }
    counts.rejections.push_back({file, rejection.line, rejection.reason});
  }
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

std::string doubt_of(const ListCounts& counts, std::string_view format) {
  constexpr std::uint64_t kMostOfTen = 9;
  if (counts.rejected == 0 || counts.rejected * 10 < counts.lines * kMostOfTen) { return {}; }
  return std::to_string(counts.rejected) + " of " + std::to_string(counts.lines) +
         " lines are rejected: this is no list in the format `" + std::string(format) + "`";
}

}  // namespace sluice::control
