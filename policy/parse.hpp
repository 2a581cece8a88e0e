#pragma once

#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// Reads every line of the report's text. What is wrong is reported and the rest of the line read on, so that one run
// finds all errors. Names of nets are not looked up, ids not derived.
PolicySyntax parse(Report& report);

}  // namespace sluice::policy
