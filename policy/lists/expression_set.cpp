#include "policy/lists/expression_set.hpp"

#include <algorithm>
#include <tuple>

namespace sluice::policy {
namespace {

constexpr std::int64_t kMemory = 128 << 20;  // for all groups: programs and learned states
constexpr std::int64_t kMostGroupMemory = 2 << 20;
constexpr std::size_t kMostInGroup = 32;
constexpr std::size_t kMostInstructions = 4000;  // of a group: its program fits into half a MiB

constexpr std::string_view kNothing = "[^\\x00-\\xff]";

std::int64_t group_memory(std::size_t groups) noexcept {
  return std::min(kMostGroupMemory, kMemory / static_cast<std::int64_t>(std::max<std::size_t>(groups, 1)));
}

struct Candidate {
  std::string text;
  std::vector<std::uint32_t> members;
  std::vector<std::uint32_t> lines;
  UrlPatterns::Traits traits;
};

std::vector<Candidate> candidates_of(std::vector<ExpressionEntry> entries) {
  std::vector<Candidate> candidates;
  for (ExpressionEntry& entry : entries) {
    if (candidates.empty() || candidates.back().text != entry.text) {
      auto traits = UrlPatterns::inspect(entry.text, LiteralFilter::kShortest);
      if (!traits) { continue; }
      candidates.push_back({.text = std::move(entry.text), .members = {}, .lines = {}, .traits = std::move(*traits)});
    }
    Candidate& last = candidates.back();
    if (!last.members.empty() && last.members.back() == entry.member) { continue; }
    last.members.push_back(entry.member);
    last.lines.push_back(entry.line);
  }
  // Those that every URL is matched against stand together in the first groups.
  std::ranges::sort(candidates, {}, [](const Candidate& one) {
    return std::tuple(!one.traits.literals.empty(), std::string_view(one.text));
  });
  return candidates;
}

std::uint32_t append_text(std::string_view text, SectionTexts& sections) {
  const auto at = static_cast<std::uint32_t>(sections[Section::texts].size());
  sections[Section::texts] += text;
  return at;
}

void write_candidate(const Candidate& candidate, std::uint32_t group, MemberSetsWriter& sets, SectionTexts& sections) {
  ExpressionSet::Record record{.text = append_text(candidate.text, sections),
                               .size = static_cast<std::uint32_t>(candidate.text.size()),
                               .set = sets.number_of(candidate.members),
                               .lines = 0,
                               .group = group,
                               .has_literals = candidate.traits.literals.empty() ? 0U : 1U};
  for (std::size_t i = 0; i < candidate.lines.size(); ++i) {
    const std::uint32_t at = sections.append(Section::lines, candidate.lines[i]);
    if (i == 0) { record.lines = at; }
  }
  sections.append(Section::expressions, record);
  for (const std::string& literal : candidate.traits.literals) {
    const ExpressionSet::Literal written{
        .text = append_text(literal, sections), .size = static_cast<std::uint32_t>(literal.size()), .group = group};
    sections.append(Section::literals, written);
  }
}

}  // namespace

struct ExpressionSet::Group {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::int64_t memory = 0;
  mutable std::once_flag once;
  mutable std::unique_ptr<UrlPatterns> patterns;
};

ExpressionSet::~ExpressionSet() = default;

ExpressionSet::ExpressionSet(const Sections& sections)
    : records_(sections.records<Record>(Section::expressions)), texts_(sections[Section::texts]) {
  is_good_ = make_groups();
  for (const Literal& literal : sections.records<Literal>(Section::literals)) {
    const std::string_view text = text_at(literal.text, literal.size);
    const bool has_sense = text.size() >= LiteralFilter::kShortest && literal.group < groups_.size();
    is_good_ = is_good_ && has_sense;
    if (has_sense) { filter_.add(text, literal.group); }
  }
  filter_.build();
}

bool ExpressionSet::make_groups() {
  for (std::uint32_t i = 0; i < records_.size(); ++i) {
    const Record& record = records_[i];
    const bool is_next = record.group == groups_.size() && record.group < kMostGroups;
    if (is_next) {
      groups_.push_back(std::make_unique<Group>());
      groups_.back()->first = i;
    }
    if (record.group + std::size_t{1} != groups_.size()) { return false; }
    ++groups_.back()->count;
    if (record.has_literals == 0) { always_.set(record.group); }
  }
  for (const auto& group : groups_) { group->memory = group_memory(groups_.size()); }
  return true;
}

std::string_view ExpressionSet::text_at(std::uint32_t at, std::uint32_t size) const noexcept {
  return at <= texts_.size() ? texts_.substr(at, size) : std::string_view();
}

std::string_view ExpressionSet::text(const Record& record) const noexcept {
  return text_at(record.text, record.size);
}

void ExpressionSet::find(std::string_view url, std::string_view lower, std::vector<std::uint32_t>& found) const {
  if (groups_.empty()) { return; }
  GroupMask wanted = always_;
  filter_.scan(lower, wanted);
  if (wanted.none()) { return; }
  for (std::size_t i = wanted._Find_first(); i < groups_.size(); i = wanted._Find_next(i)) {
    match(compiled(*groups_[i]), url, found);
  }
}

void ExpressionSet::match(const Group& group, std::string_view url, std::vector<std::uint32_t>& found) const {
  static thread_local UrlPatterns::Matches matches;
  group.patterns->match(url, matches);
  for (const int number : matches.numbers()) { found.push_back(group.first + static_cast<std::uint32_t>(number)); }
}

// An expression that was good when the file was made is good now, by the same RE2; another one is in its place a
// pattern that matches nothing, so that the numbers of the others stay.
const ExpressionSet::Group& ExpressionSet::compiled(const Group& group) const {
  std::call_once(group.once, [&] {
    group.patterns = std::make_unique<UrlPatterns>(group.memory);
    for (std::uint32_t i = 0; i < group.count; ++i) {
      const auto added = group.patterns->add(text(records_[group.first + i]));
      if (!added) { (void)group.patterns->add(kNothing); }
    }
    // When the set does not fit into its memory, which the limits on a group prevent, its few are matched singly.
    (void)group.patterns->compile();
  });
  return group;
}

void ExpressionSet::prepare() const {
  for (const auto& group : groups_) { compiled(*group); }
}

std::vector<ExpressionEntry> write_expressions(std::vector<ExpressionEntry> entries, MemberSetsWriter& sets,
                                               SectionTexts& sections) {
  std::vector<ExpressionEntry> refused;
  std::uint32_t group = 0;
  std::size_t in_group = 0;
  std::size_t instructions = 0;
  for (const Candidate& candidate : candidates_of(std::move(entries))) {
    const std::size_t more = candidate.traits.program_size;
    const bool is_full = in_group == kMostInGroup || instructions + more > kMostInstructions;
    if (in_group > 0 && is_full) {
      ++group;
      in_group = 0;
      instructions = 0;
    }
    if (group == kMostGroups) {
      for (std::size_t i = 0; i < candidate.members.size(); ++i) {
        refused.push_back({candidate.text, candidate.members[i], candidate.lines[i]});
      }
      group = kMostGroups - 1;
      in_group = kMostInGroup;
      continue;
    }
    write_candidate(candidate, group, sets, sections);
    ++in_group;
    instructions += more;
  }
  return refused;
}

}  // namespace sluice::policy
