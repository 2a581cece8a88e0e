#pragma once

#include <vector>

#include "gateway/config/configuration.hpp"
#include "gateway/config/key.hpp"

namespace sluice::config {

// The keys whose values are not the same, in the order of the documentation.
std::vector<const Key*> difference(const Configuration& before, const Configuration& after);

}  // namespace sluice::config
