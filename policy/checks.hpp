#pragma once

#include <chrono>

#include "policy/net_table.hpp"
#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// Reports it when the default verdict is missing.
void check_default(const PolicySyntax& policy, Report& report);

// Reports rules that tests expect and that there are not. REQUIRES: the rules have their ids.
void check_tests(const PolicySyntax& policy, Report& report);

// What is doubtful though it is no error: rules that are never reached, names under which everybody registers,
// expressions that a host or a path would say better. REQUIRES: the text has no errors.
void warn_of_doubtful(const PolicySyntax& policy, const NetTable& nets, Report& report);

// Conditions `until` that are over.
void warn_of_past(const PolicySyntax& policy, std::chrono::sys_seconds now, Report& report);

}  // namespace sluice::policy
