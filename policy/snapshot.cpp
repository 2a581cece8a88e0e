#include "policy/snapshot.hpp"

#include <algorithm>
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

constexpr std::string_view kNoRuleForPurge =
    "PURGE is allowed by a rule that names it only: allow method PURGE from ...";

// A method that is not known is taken for another one: PURGE is asked for by a request, which says so.
bool is_purge(const Facts& facts) noexcept {
  return facts.method == kPurgeMethod;
}
bool is_passed_over(const Rule& rule, bool is_purge) noexcept {
  return is_purge && lets_pass(rule.verdict) && !rule.names_purge;
}

void note_shadow(Truth truth, Verdict verdict, std::uint32_t rule, Decision& decision) noexcept {
  if (truth == Truth::unknown) {
    decision.shadow_is_pending = true;
    return;
  }
  decision.shadow_verdict = verdict;
  decision.shadow_rule = rule;
}

bool is_field(const Setting& setting) noexcept {
  return static_cast<std::size_t>(setting.kind) >= kSingleSettings;
}

bool has_same_name(const Setting& a, const Setting& b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a.name, b.name, {}, lower, lower);
}

// Has an earlier line of this kind been taken?
bool is_chosen(const Setting& setting, const Settings& chosen) {
  if (!is_field(setting)) { return chosen[setting.kind] != nullptr; }
  return std::ranges::any_of(chosen.fields, [&](const Setting* other) { return has_same_name(*other, setting); });
}

void take(const Setting& setting, Settings& chosen) {
  if (is_field(setting)) {
    chosen.fields.push_back(&setting);
  } else {
    chosen.single[static_cast<std::size_t>(setting.kind)] = &setting;
  }
}

}  // namespace

Truth Snapshot::Compiled::of(const Test& test, Evaluation& evaluation) const {
  const Condition* const base = conditions.data();
  const Truth truth = all_of(base + test.begin, base + test.exceptions, evaluation);
  if (truth == Truth::no || test.exceptions == test.end) { return truth; }
  const ListHit* const listed = evaluation.listed();
  const Truth exception = all_of(base + test.exceptions, base + test.end, evaluation);
  evaluation.set_listed(listed);  // a rule does not match by what its exceptions ask for
  return both(truth, negated(exception));
}

bool Snapshot::Compiled::waits_for_user(const Test& test, Evaluation& evaluation) const {
  const Condition* const base = conditions.data();
  evaluation.take_lack_of_user();
  if (all_of(base + test.begin, base + test.exceptions, evaluation) == Truth::no) { return false; }
  const bool conditions_wait = evaluation.take_lack_of_user();
  if (test.exceptions == test.end) { return conditions_wait; }
  const Truth excepted = all_of(base + test.exceptions, base + test.end, evaluation);
  if (excepted == Truth::yes) { return false; }
  return conditions_wait || (excepted == Truth::unknown && evaluation.take_lack_of_user());
}

Snapshot::Snapshot(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Snapshot::~Snapshot() = default;

Decision Snapshot::decide(const Facts& facts) const noexcept {
  using Test = Compiled::Test;
  Evaluation evaluation(compiled_->tables, facts);
  const Test* waited_for = nullptr;  // the first rule that is not yet known
  const bool purges = is_purge(facts);
  Decision decision;
  decision.version = compiled_->version;
  const auto name = [&](const Test& test) -> const Rule& {
    const Rule& rule = compiled_->rules[test.rule];
    decision.rule_id = rule.id;
    decision.rule = test.rule;
    return rule;
  };
  const auto name_shadow = [&] {
    if (decision.shadow_verdict == Verdict::undecided) { return; }
    decision.shadow_id = compiled_->rules[decision.shadow_rule].id;
  };
  for (const Test& test : compiled_->tests) {
    if (is_passed_over(compiled_->rules[test.rule], purges)) { continue; }
    if (test.is_shadow && decision.shadow_verdict != Verdict::undecided) { continue; }
    evaluation.set_listed(nullptr);
    const Truth truth = compiled_->of(test, evaluation);
    if (truth == Truth::no) { continue; }
    if (test.is_shadow) {
      note_shadow(truth, test.verdict, test.rule, decision);
      continue;
    }
    // Each redirect leads elsewhere.
    const bool is_other =
        waited_for != nullptr && (test.verdict != waited_for->verdict || test.verdict == Verdict::redirect);
    if (is_other) {
      name(*waited_for);
      return decision;
    }
    if (truth == Truth::yes) {
      decision.verdict = test.verdict;
      decision.earlier_is_pending = waited_for != nullptr;
      decision.reason = name(test).reason;
      if (evaluation.listed() != nullptr) { decision.listed = *evaluation.listed(); }
      name_shadow();
      return decision;
    }
    if (waited_for == nullptr) { waited_for = &test; }
  }
  // The last rule is unconditional, because compile() refuses any other text: only PURGE comes so far.
  if (waited_for != nullptr && waited_for->verdict != Verdict::deny) {
    name(*waited_for);
    return decision;
  }
  decision.verdict = Verdict::deny;
  decision.reason = kNoRuleForPurge;
  name_shadow();
  return decision;
}

// Rules only become more known: those that are true now, or do not wait for the user, never will.
const Rule* Snapshot::rule_that_waits_for_user(const Facts& facts) const noexcept {
  if (!compiled_->asks_for_users) { return nullptr; }
  Evaluation evaluation(compiled_->tables, facts);
  const bool purges = is_purge(facts);
  for (const Compiled::Test& test : compiled_->tests) {
    if (test.is_shadow || is_passed_over(compiled_->rules[test.rule], purges)) { continue; }
    if (compiled_->waits_for_user(test, evaluation)) { return &compiled_->rules[test.rule]; }
    if (compiled_->of(test, evaluation) == Truth::yes) { return nullptr; }
  }
  return nullptr;
}

std::vector<Snapshot::Step> Snapshot::explain(const Facts& facts) const {
  Evaluation evaluation(compiled_->tables, facts);
  std::vector<Step> steps;
  for (const Compiled::Test& test : compiled_->tests) {
    const Rule& rule = compiled_->rules[test.rule];
    if (is_passed_over(rule, is_purge(facts))) {
      steps.push_back({&rule, Step::Outcome::passed_over});
      continue;
    }
    const Truth truth = compiled_->of(test, evaluation);
    steps.push_back({&rule, outcome_of(truth)});
    if (truth == Truth::yes && !test.is_shadow) { break; }
  }
  return steps;
}

std::vector<Snapshot::Step> Snapshot::outcomes(const Facts& facts) const {
  Evaluation evaluation(compiled_->tables, facts);
  std::vector<Step> steps;
  for (std::size_t i = 0; i < compiled_->rules.size(); ++i) {
    steps.push_back({&compiled_->rules[i], outcome_of(compiled_->of(compiled_->all_tests[i], evaluation))});
  }
  return steps;
}

std::string Snapshot::location(const Decision& decision, const Facts& facts) const {
  const Rule& rule = compiled_->rules[decision.rule];
  return location_of(*rule.redirect, {.url = facts.url.value_or(""),
                                      .host = facts.host.value_or(""),
                                      .path_and_query = facts.path_and_query.value_or(""),
                                      .rule = rule.id});
}

const Pac& Snapshot::pac() const noexcept {
  return compiled_->pac;
}

const std::vector<TestCase>& Snapshot::tests() const noexcept {
  return compiled_->cases;
}

void Snapshot::choose(SettingStage stage, const Facts& facts, Settings& chosen) const {
  chosen.clear();
  const auto& tests = stage == SettingStage::request ? compiled_->request_settings : compiled_->response_settings;
  if (tests.empty()) { return; }
  Evaluation evaluation(compiled_->tables, facts);
  for (const Compiled::SettingTest& one : tests) {
    const bool is_shadow = one.test.is_shadow;
    if (is_shadow ? chosen.shadow != nullptr : is_chosen(one.setting, chosen)) { continue; }
    if (compiled_->of(one.test, evaluation) != Truth::yes) { continue; }
    if (is_shadow) {
      chosen.shadow = &one.setting;
    } else {
      take(one.setting, chosen);
    }
  }
}

std::vector<const Setting*> Snapshot::possible(SettingStage stage, SettingKind kind, const Facts& facts) const {
  std::vector<const Setting*> all;
  Evaluation evaluation(compiled_->tables, facts);
  for (const auto& one : stage == SettingStage::request ? compiled_->request_settings : compiled_->response_settings) {
    if (one.setting.kind != kind || one.test.is_shadow) { continue; }
    const Truth truth = compiled_->of(one.test, evaluation);
    if (truth == Truth::no) { continue; }
    all.push_back(&one.setting);
    if (truth == Truth::yes) { return all; }
  }
  all.push_back(nullptr);
  return all;
}

bool Snapshot::has_settings(SettingStage stage) const noexcept {
  return !(stage == SettingStage::request ? compiled_->request_settings : compiled_->response_settings).empty();
}
bool Snapshot::has_response_verdicts() const noexcept {
  return compiled_->has_response_verdicts;
}
bool Snapshot::asks_for_hello() const noexcept {
  return compiled_->asks_for_hello;
}
bool Snapshot::asks_for_users() const noexcept {
  return compiled_->asks_for_users;
}
bool Snapshot::has_group(std::string_view name) const noexcept {
  return std::ranges::binary_search(compiled_->groups, name);
}
const std::vector<Source>& Snapshot::included() const noexcept {
  return compiled_->included;
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
const std::string& Snapshot::file_name() const noexcept {
  return compiled_->file_name;
}
std::uint64_t Snapshot::version() const noexcept {
  return compiled_->version;
}

}  // namespace sluice::policy
