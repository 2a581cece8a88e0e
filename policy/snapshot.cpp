#include "policy/snapshot.hpp"

#include <utility>

#include "policy/compiled.hpp"

namespace sluice::policy {
namespace {

// A condition that does not hold settles the rest; one that is not known does not, because a later one may not hold.
Truth all_of(const Condition* begin, const Condition* end, Evaluation& evaluation) {
  Truth truth = Truth::yes;
  for (; begin != end && truth != Truth::no; ++begin) { truth = both(truth, evaluation.of(*begin)); }
  return truth;
}

Snapshot::Step::Outcome outcome_of(Truth truth) noexcept {
  switch (truth) {
    case Truth::yes:
      return Snapshot::Step::Outcome::matched;
    case Truth::no:
      return Snapshot::Step::Outcome::not_matched;
    case Truth::unknown:
      break;
  }
  return Snapshot::Step::Outcome::not_yet_known;
}

}  // namespace

Truth Snapshot::Compiled::of(const Test& test, Evaluation& evaluation) const {
  const Condition* const base = conditions.data();
  const Truth truth = all_of(base + test.begin, base + test.exceptions, evaluation);
  if (truth == Truth::no || test.exceptions == test.end) { return truth; }
  return both(truth, negated(all_of(base + test.exceptions, base + test.end, evaluation)));
}

Snapshot::Snapshot(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Snapshot::~Snapshot() = default;

Decision Snapshot::decide(const Facts& facts) const noexcept {
  Evaluation evaluation(compiled_->tables, facts);
  const Rule* waited_for = nullptr;  // the first rule that is not yet known
  for (std::size_t i = 0; i < compiled_->tests.size(); ++i) {
    evaluation.forget_listed();
    const Truth truth = compiled_->of(compiled_->tests[i], evaluation);
    if (truth == Truth::no) { continue; }
    const Rule& rule = compiled_->rules[i];
    if (waited_for != nullptr && rule.verdict != waited_for->verdict) {
      return {Verdict::undecided, waited_for->id, {}, compiled_->version, {}};
    }
    if (truth == Truth::yes) {
      Decision decision{rule.verdict, rule.id, rule.reason, compiled_->version, {}};
      if (evaluation.listed() != nullptr) { decision.listed = *evaluation.listed(); }
      return decision;
    }
    if (waited_for == nullptr) { waited_for = &rule; }
  }
  std::unreachable();  // the last rule is unconditional: compile() refuses any other text
}

std::vector<Snapshot::Step> Snapshot::explain(const Facts& facts) const {
  Evaluation evaluation(compiled_->tables, facts);
  std::vector<Step> steps;
  for (std::size_t i = 0; i < compiled_->tests.size(); ++i) {
    const Truth truth = compiled_->of(compiled_->tests[i], evaluation);
    steps.push_back({&compiled_->rules[i], outcome_of(truth)});
    if (truth == Truth::yes) { break; }
  }
  return steps;
}

const std::vector<Rule>& Snapshot::rules() const noexcept {
  return compiled_->rules;
}
const std::vector<ListDeclaration>& Snapshot::list_declarations() const noexcept {
  return compiled_->lists;
}
const std::shared_ptr<const Lists>& Snapshot::lists() const noexcept {
  return compiled_->tables.lists;
}
const std::vector<Diagnostic>& Snapshot::warnings() const noexcept {
  return compiled_->warnings;
}
std::string_view Snapshot::text() const noexcept {
  return compiled_->text;
}
std::uint64_t Snapshot::version() const noexcept {
  return compiled_->version;
}

}  // namespace sluice::policy
