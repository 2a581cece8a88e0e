#pragma once

#include "policy/report.hpp"
#include "policy/syntax.hpp"
#include "policy/token_stream.hpp"
#include "policy/value_sets.hpp"

namespace sluice::policy {

// The conditions of a verdict or setting line and what is said about it, up to the end of the line. What is wrong is
// reported and marks the rule as broken.
void parse_rule_rest(TokenStream& tokens, Report& report, const ValueSets& sets, RuleSyntax& rule);

}  // namespace sluice::policy
