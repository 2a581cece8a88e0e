#pragma once

#include "policy/report.hpp"
#include "policy/source_lines.hpp"
#include "policy/syntax.hpp"
#include "policy/value_sets.hpp"

namespace sluice::policy {

// The sets that the lines define. Reports what is wrong with them.
ValueSets sets_of(const SourceLines& lines, Report& report);

// Takes the other lines apart. What is wrong is reported and the rest of the line read on, so that one run finds all
// errors. Names of nets and times are not looked up, ids not derived.
PolicySyntax parse(const SourceLines& lines, const ValueSets& sets, Report& report);

}  // namespace sluice::policy
