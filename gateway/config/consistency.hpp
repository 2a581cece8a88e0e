#pragma once

#include <vector>

#include "gateway/config/configuration.hpp"
#include "gateway/config/diagnostic.hpp"
#include "gateway/config/place.hpp"

namespace sluice::config {

// What concerns several keys: values that are good each by itself and contradict one another. A limit that was not
// written (it has no place) gives way to the smaller one that was.
void check_consistency(Configuration& configuration, const Places& places, std::vector<Diagnostic>& diagnostics);

}  // namespace sluice::config
