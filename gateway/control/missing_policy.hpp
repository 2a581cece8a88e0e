#pragma once

#include <cstdint>
#include <string>

namespace sluice::control {

// What is wrong with a policy file that does not exist at a start; "" when that is a first start, for which the default
// policy is made. `is_named`: the configuration names the file. `latest`: the last version that is kept, 0 without any.
std::string missing_policy(bool is_named, std::uint64_t latest);

}  // namespace sluice::control
