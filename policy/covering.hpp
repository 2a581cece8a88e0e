#pragma once

#include "policy/net_table.hpp"
#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// Warns of rules that can never be reached, because a rule ahead of them holds whenever they do or because their
// own conditions and exceptions leave nothing, and of settings that never apply for the same reasons. What it says is
// certain; what it does not see is not said. REQUIRES: the text has no errors. Cost: bounded; of a policy with
// thousands of rules the last ones are not looked at.
void warn_of_covered(const PolicySyntax& policy, const NetTable& nets, Report& report);

}  // namespace sluice::policy
