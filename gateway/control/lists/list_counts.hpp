#pragma once

#include <string>
#include <string_view>

#include "gateway/control/protocol/commands.hpp"
#include "policy/lists/import.hpp"
#include "policy/lists/list_compiler.hpp"

namespace sluice::control {

// What became of the lines of one file of a list.
void add_report(const policy::ImportReport& report, const std::string& file, ListCounts& counts);
// What only the compiler knows: how many entries are of which kind, and how many of them name something else.
// REQUIRES: `compiled` of a compiler that has finished.
void add_counts(const policy::ListCompiler::Counts& compiled, ListCounts& counts);

// Entries that hold for far more than lists mean to, in a line; "" when there are none.
std::string warning_of(const ListCounts& counts);
// "line 7", "adult/domains:7"
std::string place_of(const ListRemark& remark);

// Why they cannot be those of a list in this format: next to all lines were rejected; "" when they can.
std::string doubt_of(const ListCounts& counts, std::string_view format);

}  // namespace sluice::control
