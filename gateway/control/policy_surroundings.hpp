#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/control/lists/list_problem.hpp"
#include "gateway/control/protocol.hpp"
#include "policy/snapshot.hpp"

namespace sluice::control {

// What is around a policy in this daemon, and its text alone does not tell. Each may be empty.
struct PolicySurroundings {
  using Declared = std::vector<policy::ListDeclaration>;
  // Reads the lists of a text that declares others than those in force, ahead of judging it.
  std::function<std::shared_ptr<const policy::Lists>(const Declared& declared)> read_lists;
  // What is wrong with the lists that a text declares, or doubtful about them.
  std::function<std::vector<ListProblem>(const Declared& declared)> list_problems;
  // Whether anybody could sign in.
  std::function<bool()> has_users;
};

// What is doubtful about a whole text here. REQUIRES: called ahead of putting it in force.
std::vector<Diagnostic> warnings_of(const policy::Snapshot& policy, const PolicySurroundings& around);

// The same for one line that was added to what was `before`.
std::vector<Diagnostic> warnings_of_line(const policy::Snapshot& before, const policy::Snapshot& policy,
                                         const std::string& rule_id, const PolicySurroundings& around);

}  // namespace sluice::control
