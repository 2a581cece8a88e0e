#pragma once

#include "policy/report.hpp"
#include "policy/syntax.hpp"
#include "policy/test_case.hpp"
#include "policy/token_stream.hpp"

namespace sluice::policy {

// The line behind `test`. What is wrong is reported; then the case is not run.
// The rule that it expects, if it names one, goes to `expected`.
TestCase parse_test(const Token& first, TokenStream& tokens, Report& report, std::vector<RuleName>& expected);

}  // namespace sluice::policy
