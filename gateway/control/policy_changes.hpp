#pragma once

#include <vector>

#include "gateway/control/protocol.hpp"
#include "policy/snapshot.hpp"

namespace sluice::control {

// The lines that one policy has and the other has not, as they are shown.
std::vector<PolicyDifferenceLine> changes_between(const policy::Snapshot& before, const policy::Snapshot& after);

}  // namespace sluice::control
