#pragma once

#include "policy/net_table.hpp"
#include "policy/pac.hpp"
#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// REQUIRES: the text has no errors, and its rules have their ids.
Pac make_pac(const PolicySyntax& policy, const NetTable& nets, Report& report);

}  // namespace sluice::policy
