#pragma once

#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// What can be said about the rules as a whole: that the default verdict is there (else an error), and which rules can
// never be reached (warnings).
void check_rules(const PolicySyntax& policy, Report& report);

}  // namespace sluice::policy
