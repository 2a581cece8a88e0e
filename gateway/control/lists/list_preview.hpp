#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gateway/control/lists/list_edits.hpp"
#include "gateway/control/lists/list_problem.hpp"
#include "gateway/control/protocol/commands.hpp"
#include "policy/lists/lists.hpp"

namespace sluice::control {

// Lists that are read from their files and compiled in memory, for a policy that is not in force yet.
struct ListPreview {
  std::shared_ptr<const policy::Lists> lists;
  std::vector<ListState> states;      // in the order of the declarations
  std::vector<ListProblem> problems;  // which cannot be read, hold next to nothing of their format, or far too much
};

// Cost: reads files, and compiles; never on a worker.
ListPreview preview_lists(Declarations declared, std::span<const ListEdit> edits);

// A compiled set in memory of its own. REQUIRES: octets that ListCompiler made.
std::shared_ptr<const policy::ListSet> set_in_memory(std::string_view octets);

}  // namespace sluice::control
