#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/control/lists/list_edits.hpp"
#include "gateway/control/lists/list_problem.hpp"
#include "policy/lists/lists.hpp"

namespace sluice::control {

// Lists that are read from their files and compiled in memory, for a policy that is not in force. Appends to `problems`
// which of them cannot be read, hold next to nothing of their format, or hold for far more than they mean to. Cost:
// reads files, and compiles; never on a worker.
std::shared_ptr<const policy::Lists> preview_lists(Declarations declared, std::span<const ListEdit> edits,
                                                   std::vector<ListProblem>& problems);

// A compiled set in memory of its own. REQUIRES: octets that ListCompiler made.
std::shared_ptr<const policy::ListSet> set_in_memory(std::string_view octets);

}  // namespace sluice::control
