#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/configuration.hpp"
#include "gateway/config/diagnostic.hpp"
#include "gateway/config/place.hpp"

namespace sluice::config {

// Applies a YAML text to `configuration`. Notes the place of each value and appends everything that is wrong.
void read_yaml(std::string_view text, const std::string& file_name, Configuration& configuration, Places& places,
               std::vector<Diagnostic>& diagnostics);

}  // namespace sluice::config
