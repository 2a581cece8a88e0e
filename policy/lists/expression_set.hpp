#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/lists/literal_filter.hpp"
#include "policy/lists/member_sets.hpp"
#include "policy/lists/sections.hpp"
#include "policy/url_patterns.hpp"

namespace sluice::policy {

// The expressions of all lists, in groups that are matched in one pass each. A group is matched only when the URL
// holds a literal that one of its expressions needs, so that most URLs cost one pass of the filter and no more.
//
// Section expressions: records, by group. Section literals: what the filter looks for. Texts are in Section::texts.
// Thread: any. A group is compiled when it is first needed, or by prepare(). Memory: kMemory for all groups together.
class ExpressionSet {
 public:
  struct Record {
    std::uint32_t text = 0;
    std::uint32_t size = 0;
    std::uint32_t set = 0;
    std::uint32_t lines = 0;  // where those of its set begin in Section::lines
    std::uint32_t group = 0;  // ascending
    std::uint32_t has_literals = 0;
  };
  struct Literal {
    std::uint32_t text = 0;
    std::uint32_t size = 0;
    std::uint32_t group = 0;
  };

  explicit ExpressionSet(const Sections& sections);
  ~ExpressionSet();

  // False when the records make no sense, as in no file of ours.
  bool is_good() const noexcept { return is_good_; }
  std::size_t size() const noexcept { return records_.size(); }
  const Record& record(std::uint32_t number) const noexcept { return records_[number]; }
  std::string_view text(const Record& record) const noexcept;

  // Appends the numbers of the expressions found in the URL. `lower`: the URL in lower case.
  void find(std::string_view url, std::string_view lower, std::vector<std::uint32_t>& found) const;

  // Compiles every group now, so that no request waits for it.
  void prepare() const;

 private:
  struct Group;

  void match(const Group& group, std::string_view url, std::vector<std::uint32_t>& found) const;
  const Group& compiled(const Group& group) const;
  std::string_view text_at(std::uint32_t at, std::uint32_t size) const noexcept;
  bool make_groups();

  std::span<const Record> records_;
  std::string_view texts_;
  std::vector<std::unique_ptr<Group>> groups_;
  GroupMask always_;  // groups with an expression that needs no literal
  LiteralFilter filter_;
  bool is_good_ = true;
};

// An expression with one of its memberships, as it was read.
struct ExpressionEntry {
  std::string text;
  std::uint32_t member = 0;
  std::uint32_t line = 0;
};

// Puts expressions into groups and writes the sections. Returns those that the budget of memory has no room for.
// REQUIRES: expressions that UrlPatterns::inspect() has found good, by text, member and line.
std::vector<ExpressionEntry> write_expressions(std::vector<ExpressionEntry> entries, MemberSetsWriter& sets,
                                               SectionTexts& sections);

}  // namespace sluice::policy
