#pragma once

#include "gateway/config/configuration.hpp"

namespace sluice {

// What a start with this configuration would stumble over, without starting: accounts that do not exist, a policy that
// does not compile. Everything is said on standard error; true when there is nothing.
bool check_start(const config::Configuration& configuration);

}  // namespace sluice
