#pragma once

#include <chrono>

#include "gateway/control/protocol.hpp"
#include "policy/snapshot.hpp"

namespace sluice::control {

// Runs the tests that stand in the policy's text, and says which of its verdict rules decided none of them.
PolicyTestsResult run_tests(const policy::Snapshot& snapshot, std::chrono::sys_seconds now);

// The error for a text whose tests fail: a diagnostic each.
Error failed_tests(const PolicyTestsResult& result, std::string next);

}  // namespace sluice::control
