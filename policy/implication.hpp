#pragma once

#include <string>
#include <vector>

#include "policy/net_table.hpp"
#include "policy/report.hpp"
#include "policy/syntax.hpp"
#include "policy/time_extent.hpp"

namespace sluice::policy {

// A condition with what its names stand for, so that two can be compared.
// Lifetime: the syntax must outlive it.
struct ComparedCondition {
  const ConditionSyntax* syntax = nullptr;
  std::vector<Prefix> prefixes;      // from, to
  std::vector<std::string> members;  // group: its users by the text
  TimeExtent times;                  // during
};

ComparedCondition compared(const ConditionSyntax& condition, const PolicySyntax& policy, const NetTable& nets,
                           Report& report);

// What follows from a condition that holds. All are cautious: false when it is not seen.

bool implies(const ComparedCondition& narrow, const ComparedCondition& wide);
// `other` does not hold then.
bool excludes(const ComparedCondition& condition, const ComparedCondition& other);
// `from ::/0`, `port 0-65535`. (`to ::/0` does not hold where another proxy resolves.)
bool always_holds(const ComparedCondition& condition);
// Does one hold whenever the other does, negations left aside?
bool holds_within(const ComparedCondition& wide, const ComparedCondition& narrow);
// By the text no user of the one is in a group of the other. Who verifies users may know more groups.
bool have_no_common_user(const ComparedCondition& user, const ComparedCondition& group);

}  // namespace sluice::policy
