#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.hpp"

namespace sluice::control {

// One line for the operator on standard error. Octets that would break the line or move the cursor become spaces: parts
// of it come from peers.
void say(std::string_view text);

// As they are, with their excerpts.
void say(const std::vector<policy::Diagnostic>& diagnostics);

// For co_spawn: a coroutine of the control plane that throws is a fault of ours; it is said, and the daemon goes on.
std::function<void(std::exception_ptr)> say_failure_of(std::string who);

}  // namespace sluice::control
