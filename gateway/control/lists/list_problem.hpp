#pragma once

#include <string>

namespace sluice::control {

// What is wrong with a list of a policy, or doubtful about it.
struct ListProblem {
  std::string list;  // its name; "" of all lists together
  std::string why;

  // "list NAME: why"
  std::string text() const { return (list.empty() ? "lists: " : "list " + list + ": ") + why; }
};

}  // namespace sluice::control
