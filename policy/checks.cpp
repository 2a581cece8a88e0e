#include "policy/checks.hpp"

#include <algorithm>

#include "policy/covering.hpp"
#include "policy/nearest.hpp"
#include "policy/never_holds.hpp"
#include "policy/plain_expression.hpp"
#include "policy/public_suffix.hpp"
#include "policy/time_table.hpp"

namespace sluice::policy {
namespace {

void warn_of_hosts(const ConditionSyntax& condition, Report& report) {
  for (const HostPattern& host : condition.hosts) {
    const bool is_address = Address::parse(host.name).has_value();
    if (is_address && condition.subject == Subject::sni) {
      report.warning(
          condition.at,
          '`' + host.text() + "` is an address, which no TLS hello names (RFC 6066 section 3): write `authority`");
    }
    if (is_address) { continue; }
    if (is_public_suffix(host.name)) {
      report.warning(condition.at, '`' + host.text() + "` is a public suffix: anybody can register a name " +
                                       (host.is_suffix ? "below it" : "there, and none is the suffix itself"));
    } else if (host.name.find('.') == std::string::npos) {
      report.warning(condition.at, '`' + host.text() + "` is a single label; " +
                                       (host.is_suffix ? "it stands for a whole top-level domain"
                                                       : "it holds for this name without a domain only"));
    }
  }
}

void warn_of_expressions(const ConditionSyntax& condition, Report& report) {
  if (condition.subject != Subject::url) { return; }
  for (const Expression& expression : condition.expressions) {
    if (const auto plain = plain_condition(expression.text)) { report.warning(expression.at, *plain); }
  }
}

void warn_of_conditions(const RuleSyntax& rule, Report& report) {
  for (const auto* conditions : {&rule.conditions, &rule.exceptions}) {
    for (const ConditionSyntax& condition : *conditions) {
      warn_of_hosts(condition, report);
      warn_of_expressions(condition, report);
    }
  }
}

}  // namespace

void check_default(const PolicySyntax& policy, Report& report) {
  const auto is_verdict = [](const RuleSyntax& rule) { return !rule.setting && !rule.is_shadow; };
  const auto last = std::ranges::find_if(policy.rules.rbegin(), policy.rules.rend(), is_verdict);
  const bool has_rules = last != policy.rules.rend();
  // What is wrong in the line that was meant to be the default is said already.
  const auto may_be_default = [](const RuleSyntax& rule) {
    return rule.is_broken ? !rule.is_narrowed && rule.verdict != Verdict::reject : rule.is_unconditional();
  };
  if (has_rules && may_be_default(*last)) { return; }
  const Position at = has_rules ? last->at : Position{std::max(report.line_count(), 1), 1};
  report.error(at, "the default verdict is written, never implied: add `allow` or `deny` as the last line");
}

void check_tests(const PolicySyntax& policy, Report& report) {
  // Ids that follow from what a rule does are not those of a rule with an error.
  if (policy.expected_rules.empty() || report.has_errors()) { return; }
  std::vector<std::string_view> ids;
  for (const RuleSyntax& rule : policy.rules) { ids.push_back(rule.id); }
  std::ranges::sort(ids);
  for (const RuleName& rule : policy.expected_rules) {
    if (std::ranges::binary_search(ids, rule.id)) { continue; }
    report.error(rule.at, "no rule has the id `" + rule.id + '`' + did_you_mean(rule.id, ids));
  }
}

void warn_of_past(const PolicySyntax& policy, std::chrono::sys_seconds now, Report& report) {
  const auto warn = [&](const std::vector<ConditionSyntax>& conditions, const std::string& what) {
    for (const ConditionSyntax& condition : conditions) {
      const bool may_end = condition.subject == Subject::until && !condition.is_negated;
      if (!may_end || TimeTable::resolve(condition.until, report) > now) { continue; }
      report.warning(condition.at, '`' + condition.text + "` is over: this " + what + " never holds any more");
    }
  };
  for (const RuleSyntax& rule : policy.rules) {
    warn(rule.conditions, rule.setting ? "setting" : "rule");
    warn(rule.exceptions, "exception");
  }
}

void warn_of_doubtful(const PolicySyntax& policy, const NetTable& nets, Report& report) {
  warn_of_covered(policy, nets, report);
  warn_of_never_holding(policy, report);
  for (const RuleSyntax& rule : policy.rules) { warn_of_conditions(rule, report); }
}

}  // namespace sluice::policy
