#pragma once

#include <string>
#include <vector>

#include "tests/bench/cache_simulator/capacity.hpp"
#include "tests/bench/cache_simulator/policy.hpp"

namespace sluice::simulator {

// Replays the trace through each policy at each capacity, and prints the table as it grows: a line a policy, object hit
// ratios on the left, byte hit ratios on the right, in percent. The bound comes first.
void print_report(const RequestTrace& trace, const std::vector<const PolicyKind*>& policies,
                  const std::vector<Capacity>& capacities);

}  // namespace sluice::simulator
