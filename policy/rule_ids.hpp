#pragma once

#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// Gives every rule without an id the one that follows from its effect: "r-" and six hexadecimal digits. Reason, comment
// and place do not change it. Rules that would share one get "-2", "-3" in the order of the text; written ids come
// first. Reports ids that were written twice.
void assign_ids(PolicySyntax& policy, Report& report);

}  // namespace sluice::policy
