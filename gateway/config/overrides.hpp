#pragma once

#include <string>
#include <vector>

#include "gateway/config/configuration.hpp"
#include "gateway/config/diagnostic.hpp"
#include "gateway/config/place.hpp"

namespace sluice::config {

// Applies "key=value" settings from a command line. Items of a list are separated by commas.
void apply_overrides(const std::vector<std::string>& overrides, Configuration& configuration, Places& places,
                     std::vector<Diagnostic>& diagnostics);

}  // namespace sluice::config
