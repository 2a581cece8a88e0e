#pragma once

#include <string>

#include "gateway/control/protocol/commands.hpp"
#include "policy/lists/import.hpp"
#include "policy/lists/list_compiler.hpp"

namespace sluice::control {

// What became of the lines of one file of a list.
void add_report(const policy::ImportReport& report, const std::string& file, ListCounts& counts);
// What only the compiler knows: how many names stand for the lines.
void add_counts(const policy::ListCompiler::Counts& compiled, ListCounts& counts);

}  // namespace sluice::control
