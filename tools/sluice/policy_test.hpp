#pragma once

#include <string>

#include "tools/sluice/context.hpp"

namespace sluice::cli {

// The verdict, what it hangs on, and what each rule came to.
std::string policy_test_text(const Context& context, const control::PolicyTest& test);

// Does a verdict of this word let nothing pass? Then the exit code is 1.
bool is_stopped(const std::string& verdict);

}  // namespace sluice::cli
