#include "policy/covering.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/implication.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostComparisons = 2'000'000;

// Conditions that always hold left out.
struct PreparedRule {
  const RuleSyntax* syntax;
  std::vector<ComparedCondition> conditions;
  std::vector<ComparedCondition> exceptions;
  std::string exceptions_text;  // canonical
};

bool any_implies(const std::vector<ComparedCondition>& conditions, const ComparedCondition& wide) {
  return std::ranges::any_of(conditions, [&](const ComparedCondition& one) { return implies(one, wide); });
}

// Where the narrow rule holds, do the exceptions of the wide one not?
bool are_excepted_no_more(const PreparedRule& wide, const PreparedRule& narrow) {
  if (wide.syntax->exceptions.empty() || wide.exceptions_text == narrow.exceptions_text) { return true; }
  const bool is_refuted = std::ranges::any_of(wide.exceptions, [&](const ComparedCondition& exception) {
    return std::ranges::any_of(narrow.conditions,
                               [&](const ComparedCondition& one) { return excludes(one, exception); });
  });
  const bool is_wider = !narrow.syntax->exceptions.empty() &&
                        std::ranges::all_of(narrow.exceptions, [&](const ComparedCondition& exception) {
                          return any_implies(wide.exceptions, exception);
                        });
  return is_refuted || is_wider;
}

bool covers(const PreparedRule& wide, const PreparedRule& narrow) {
  return are_excepted_no_more(wide, narrow) &&
         std::ranges::all_of(wide.conditions, [&](const ComparedCondition& condition) {
           return any_implies(narrow.conditions, condition);
         });
}

struct Never {
  Position at;
  std::string message;
};

// Twice the same subject, and what is a contradiction of traffic, is warned of elsewhere.
bool is_warned_of(const ConditionSyntax& one, const ConditionSyntax& other) noexcept {
  const bool may_stand_twice = one.subject == Subject::size;
  const bool is_twice = one.subject == other.subject && !one.is_negated && !other.is_negated && !may_stand_twice;
  const bool is_of_traffic = one.subject == Subject::scheme || one.subject == Subject::protocol ||
                             (one.subject == Subject::method && (one.words == std::vector<std::string>{"CONNECT"} ||
                                                                 other.words == std::vector<std::string>{"CONNECT"}));
  return is_twice || is_of_traffic;
}

// Why a rule never holds by its own conditions.
std::optional<Never> why_never(const PreparedRule& rule) {
  const std::string what = rule.syntax->setting ? "this setting" : "this rule";
  for (auto second = rule.conditions.begin(); second != rule.conditions.end(); ++second) {
    for (auto first = rule.conditions.begin(); first != second; ++first) {
      const std::string names = '`' + first->syntax->text + "` and `" + second->syntax->text + '`';
      if (excludes(*first, *second) && !is_warned_of(*first->syntax, *second->syntax)) {
        return Never{second->syntax->at, names + " never hold at once: " + what + " never holds"};
      }
      if (have_no_common_user(*first, *second) || have_no_common_user(*second, *first)) {
        return Never{second->syntax->at, names + " have no user in common in this text: " + what +
                                             " holds only for whom something else puts into the group"};
      }
    }
  }
  const bool is_excepted =
      !rule.syntax->exceptions.empty() && std::ranges::all_of(rule.exceptions, [&](const ComparedCondition& exception) {
        return any_implies(rule.conditions, exception);
      });
  if (!is_excepted) { return std::nullopt; }
  return Never{rule.syntax->exceptions.front().at,
               "the exception holds whenever the rest of " + what + " does: it never holds"};
}

// Do both say something about the same? Verdicts do; settings of one kind, and of one field, do.
bool compete(const RuleSyntax& first, const RuleSyntax& second) {
  if (!first.setting || !second.setting) { return !first.setting && !second.setting; }
  return first.setting->kind == second.setting->kind &&
         lower_case(first.setting->name) == lower_case(second.setting->name);
}

// `connect to` has the host as its name: it competes with every other one. What lets pass without naming PURGE is
// passed over for it, so that a rule below it that names PURGE is reached.
bool may_cover(const RuleSyntax& first, const RuleSyntax& second) {
  const bool is_passed_over = !first.setting && lets_pass(first.verdict) && !first.names_purge();
  if (is_passed_over && second.names_purge()) { return false; }
  const bool both_connect = first.setting && second.setting && first.setting->kind == SettingKind::connect_to &&
                            second.setting->kind == SettingKind::connect_to;
  return both_connect || compete(first, second);
}

PreparedRule prepared(const RuleSyntax& rule, const PolicySyntax& policy, const NetTable& nets, Report& report) {
  PreparedRule out{.syntax = &rule, .conditions = {}, .exceptions = {}, .exceptions_text = {}};
  const auto append = [&](const std::vector<ConditionSyntax>& all, std::vector<ComparedCondition>& conditions) {
    for (const ConditionSyntax& syntax : all) {
      ComparedCondition condition = compared(syntax, policy, nets, report);
      if (!always_holds(condition)) { conditions.push_back(std::move(condition)); }
    }
  };
  append(rule.implied, out.conditions);
  append(rule.conditions, out.conditions);
  append(rule.exceptions, out.exceptions);
  for (const ConditionSyntax& condition : rule.exceptions) { out.exceptions_text += condition.text + ' '; }
  return out;
}

// Do both together always hold: one by a condition, the other by its negation? PURGE, which may be passed over by one
// of them, is denied when nothing allows it.
bool leave_nothing(const PreparedRule& first, const PreparedRule& second) {
  const auto is_single = [](const PreparedRule& rule) {
    return !rule.syntax->setting && rule.syntax->exceptions.empty() && rule.conditions.size() == 1;
  };
  if (!is_single(first) || !is_single(second)) { return false; }
  const ComparedCondition& one = first.conditions.front();
  const ComparedCondition& other = second.conditions.front();
  return one.syntax->subject == other.syntax->subject && one.syntax->is_negated != other.syntax->is_negated &&
         (one.syntax->is_negated ? holds_within(other, one) : holds_within(one, other));
}

std::string where(const RuleSyntax& rule, const RuleSyntax& from, const Report& report) {
  const std::string line = "line " + std::to_string(rule.at.line);
  return rule.at.source == from.at.source ? line : line + " of " + report.file(rule.at.source);
}

// The two rules, when the default has nothing left.
std::optional<std::string> cover_of_default(const std::vector<PreparedRule>& ahead, const RuleSyntax& rule,
                                            const Report& report) {
  if (rule.setting || !rule.is_unconditional()) { return std::nullopt; }
  for (auto second = ahead.begin(); second != ahead.end(); ++second) {
    const auto first =
        std::find_if(ahead.begin(), second, [&](const PreparedRule& one) { return leave_nothing(one, *second); });
    if (first == second) { continue; }
    return "the default is never reached: " + where(*first->syntax, rule, report) + " and " +
           where(*second->syntax, rule, report) + " together always hold";
  }
  return std::nullopt;
}

std::string warning_for(const PreparedRule& wide, const PreparedRule& narrow, const Report& report) {
  const RuleSyntax& rule = *narrow.syntax;
  const std::string line = where(*wide.syntax, rule, report);
  if (rule.setting) { return "this setting never applies: " + line + " holds whenever it does"; }
  if (wide.syntax->is_unconditional()) {
    return "this rule is never reached: " + line + " decides everything that is left";
  }
  if (rule.is_unconditional()) { return "the default is never reached: " + line + " always holds"; }
  return "this rule is never reached: " + line + " holds whenever it does";
}

}  // namespace

void warn_of_covered(const PolicySyntax& policy, const NetTable& nets, Report& report) {
  std::vector<PreparedRule> ahead;
  std::size_t comparisons = 0;
  for (const RuleSyntax& rule : policy.rules) {
    PreparedRule next = prepared(rule, policy, nets, report);
    if (const auto why = why_never(next)) {
      report.warning(why->at, why->message);
      continue;
    }
    comparisons += ahead.size();
    if (comparisons > kMostComparisons) { return; }
    const auto cover = std::ranges::find_if(
        ahead, [&](const PreparedRule& other) { return may_cover(*other.syntax, rule) && covers(other, next); });
    if (cover != ahead.end()) {
      report.warning(rule.at, warning_for(*cover, next, report));
    } else if (const auto both = cover_of_default(ahead, rule, report)) {
      report.warning(rule.at, *both);
    } else if (!rule.is_shadow) {
      // What never applies covers nothing that the rule ahead of it does not cover.
      ahead.push_back(std::move(next));
    }
  }
}

}  // namespace sluice::policy
