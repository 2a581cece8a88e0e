#pragma once

#include <string>

#include "gateway/control/lists/list_source.hpp"
#include "gateway/control/protocol/commands.hpp"
#include "policy/list_declaration.hpp"
#include "policy/lists/list_compiler.hpp"

namespace sluice::control {

// A list as it is declared, with nothing read yet.
ListState state_of(const policy::ListDeclaration& list);

// Hands what was read of a list to the compiler, and counts it. A list of one category has it even when nothing was
// read. Errors: it has more categories than can be numbered.
std::expected<void, std::string> import_into(policy::ListCompiler& compiler, const policy::ListDeclaration& list,
                                             const ListSource& source, ListState& state);

// What only the compiler knows of a list that it was given: entries that several lines give, expressions that there is
// no room for. REQUIRES: a compiler that has finished, or is about to.
void count_compiled(const policy::ListCompiler& compiler, const policy::ListCompiler::Compiled& compiled,
                    ListState& state);

}  // namespace sluice::control
