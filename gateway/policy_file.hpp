#pragma once

#include <string>

#include "gateway/config/configuration.hpp"

namespace sluice {

// Where the policy text is: the configured file, else STATE/policy.sluice.
std::string policy_file_of(const config::Configuration& configuration);

// The directory of its versions.
std::string policy_versions_of(const config::Configuration& configuration);

}  // namespace sluice
