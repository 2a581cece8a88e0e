#pragma once

#include <string>
#include <vector>

#include "policy/snapshot.hpp"

namespace sluice::policy {

// One statement that two policies do not have in common.
struct Change {
  char sign = '+';       // `+` is new, `-` has gone, `~` has the same id and another text, `>` stands elsewhere
  std::string id;        // of a rule; empty for definitions
  std::string text;      // canonical; of `~` the new one
  std::string old_text;  // of `~`
};

// What `after` does otherwise than `before`, in the order of the texts. Comments and layout make no difference.
// Cost: grows with the product of what changed; of very different texts the middle counts as replaced.
std::vector<Change> difference(const Snapshot& before, const Snapshot& after);

}  // namespace sluice::policy
