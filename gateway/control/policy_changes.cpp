#include "gateway/control/policy_changes.hpp"

#include "policy/difference.hpp"

namespace sluice::control {

std::vector<PolicyDifferenceLine> changes_between(const policy::Snapshot& before, const policy::Snapshot& after) {
  std::vector<PolicyDifferenceLine> lines;
  for (const auto& change : policy::difference(before, after)) {
    lines.push_back({std::string(1, change.sign), change.id, change.text, change.old_text});
  }
  return lines;
}

}  // namespace sluice::control
