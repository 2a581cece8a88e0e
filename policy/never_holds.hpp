#pragma once

#include "policy/syntax.hpp"

namespace sluice::policy {

// Warns of rules that can hold for nothing that this gateway sees: conditions that contradict each other between a
// tunnel (CONNECT) and a plain request, and those that hold inside of https only, which is not decrypted.
void warn_of_never_holding(const PolicySyntax& policy, Report& report);

}  // namespace sluice::policy
