#include "policy/checks.hpp"

#include <algorithm>
#include <unordered_map>

namespace sluice::policy {
namespace {

std::string never_reached(int line, std::string_view why) {
  return "this rule is never reached: line " + std::to_string(line) + std::string(why);
}

void check_default(const PolicySyntax& policy, Report& report) {
  const bool has_rules = !policy.rules.empty();
  if (has_rules && (policy.rules.back().is_unconditional() || policy.rules.back().is_broken)) { return; }
  const Position at = has_rules ? policy.rules.back().at : Position{std::max(report.line_count(), 1), 1};
  report.error(at, "the default verdict is written, never implied: add `allow` or `deny` as the last line");
}

// What must hold for a rule, whatever its verdict.
std::string conditions_text(const RuleSyntax& rule) {
  return effect_text(rule).substr(to_string(rule.verdict).size());
}

void warn_of_unreachable(const PolicySyntax& policy, Report& report) {
  const RuleSyntax* unconditional = nullptr;
  std::unordered_map<std::string, int> lines;  // of the first rule with these conditions
  for (const RuleSyntax& rule : policy.rules) {
    if (rule.is_broken) { continue; }
    if (unconditional != nullptr) {
      report.warning(rule.at, never_reached(unconditional->at.line, " decides everything that is left"));
      continue;
    }
    const auto [other, is_new] = lines.emplace(conditions_text(rule), rule.at.line);
    if (!is_new) { report.warning(rule.at, never_reached(other->second, " has the same conditions")); }
    if (rule.is_unconditional()) { unconditional = &rule; }
  }
}

}  // namespace

void check_rules(const PolicySyntax& policy, Report& report) {
  check_default(policy, report);
  warn_of_unreachable(policy, report);
}

}  // namespace sluice::policy
