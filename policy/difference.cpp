#include "policy/difference.hpp"

#include <algorithm>
#include <unordered_map>

#include "policy/format.hpp"
#include "policy/report.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostCells = 4'000'000;

struct Statement {
  std::string id;
  std::string text;
  bool operator==(const Statement&) const = default;
};
using Statements = std::vector<Statement>;

// The definitions of a text, in one layout, without comments; rules are taken from the snapshot.
void append_text(std::string_view text, const std::string& file, const Snapshot& snapshot, Statements& out) {
  std::unordered_map<int, const Rule*> rules;
  for (const Rule& rule : snapshot.rules()) {
    if (rule.file == file) { rules.emplace(rule.line, &rule); }
  }
  const Report lines(file, text);
  for (int number = 1; number <= lines.line_count(); ++number) {
    if (const auto rule = rules.find(number); rule != rules.end()) {
      out.push_back({rule->second->id, rule->second->text});
    } else if (std::string words = statement_of(lines.line(number)); !words.empty()) {
      out.push_back({{}, std::move(words)});
    }
  }
}

Statements statements_of(const Snapshot& snapshot) {
  Statements out;
  append_text(snapshot.text(), snapshot.file_name(), snapshot, out);
  for (const Source& source : snapshot.included()) { append_text(source.text, source.file, snapshot, out); }
  return out;
}

// Walks along a longest common subsequence of what is left between equal ends.
class Walk {
 public:
  Walk(const Statements& before, const Statements& after) : before_(before), after_(after) {
    while (first_ < std::min(before.size(), after.size()) && before[first_] == after[first_]) { ++first_; }
    while (last_ + first_ < std::min(before.size(), after.size()) &&
           before[before.size() - 1 - last_] == after[after.size() - 1 - last_]) {
      ++last_;
    }
    rows_ = before.size() - first_ - last_;
    columns_ = after.size() - first_ - last_;
  }

  std::vector<Change> run() {
    if (rows_ > 0 && columns_ > 0 && rows_ * columns_ <= kMostCells) { fill_table(); }
    std::vector<Change> changes;
    std::size_t row = 0;
    std::size_t column = 0;
    while (row < rows_ || column < columns_) {
      if (row < rows_ && column < columns_ && old_at(row) == new_at(column)) {
        ++row, ++column;
      } else if (column == columns_ || (row < rows_ && length(row + 1, column) >= length(row, column + 1))) {
        changes.push_back({'-', old_at(row).id, old_at(row).text, {}});
        ++row;
      } else {
        changes.push_back({'+', new_at(column).id, new_at(column).text, {}});
        ++column;
      }
    }
    return changes;
  }

 private:
  const Statement& old_at(std::size_t row) const { return before_[first_ + row]; }
  const Statement& new_at(std::size_t column) const { return after_[first_ + column]; }

  // Of what begins at these places.
  std::uint32_t length(std::size_t row, std::size_t column) const {
    return table_.empty() ? 0 : table_[row * (columns_ + 1) + column];
  }
  void fill_table() {
    table_.assign((rows_ + 1) * (columns_ + 1), 0);
    for (std::size_t row = rows_; row-- > 0;) {
      for (std::size_t column = columns_; column-- > 0;) {
        const bool is_equal = old_at(row) == new_at(column);
        table_[row * (columns_ + 1) + column] =
            is_equal ? length(row + 1, column + 1) + 1 : std::max(length(row + 1, column), length(row, column + 1));
      }
    }
  }

  const Statements& before_;
  const Statements& after_;
  std::size_t first_ = 0;  // equal in front
  std::size_t last_ = 0;   // equal at the end
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::vector<std::uint32_t> table_;
};

// A rule that went and came again is changed, or stands elsewhere.
std::vector<Change> paired(std::vector<Change> changes) {
  const auto is_same_rule = [](const Change& a, const Change& b) { return !a.id.empty() && a.id == b.id; };
  for (Change& added : changes) {
    if (added.sign != '+') { continue; }
    const auto gone = std::ranges::find_if(
        changes, [&](const Change& other) { return other.sign == '-' && is_same_rule(other, added); });
    if (gone == changes.end()) { continue; }
    added.sign = gone->text == added.text ? '>' : '~';
    if (added.sign == '~') { added.old_text = gone->text; }
    gone->sign = ' ';
  }
  std::erase_if(changes, [](const Change& change) { return change.sign == ' '; });
  return changes;
}

}  // namespace

std::vector<Change> difference(const Snapshot& before, const Snapshot& after) {
  const Statements old_ones = statements_of(before);
  const Statements new_ones = statements_of(after);
  return paired(Walk(old_ones, new_ones).run());
}

}  // namespace sluice::policy
