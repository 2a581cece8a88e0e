#pragma once

#include <string>

namespace sluice::control {

// What is wrong with a list of a policy, or doubtful about it.
struct ListProblem {
  std::string list;  // its name; "" of all lists together
  std::string why;
  bool is_unread = false;  // and so nothing is in it

  // "list NAME: why"
  std::string text() const {
    return (list.empty() ? "lists: " : "list " + list + ": ") + why + (is_unread ? "; nothing is in it" : "");
  }
};

}  // namespace sluice::control
