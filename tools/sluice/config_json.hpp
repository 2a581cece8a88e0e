#pragma once

#include "gateway/config/configuration.hpp"
#include "gateway/control/protocol/json.hpp"

namespace sluice::cli {

// A configuration as JSON: sections as objects, sizes in octets, durations in seconds.
control::Json config_json(const config::Configuration& configuration);

// The table of keys: name, allowed, default, changed_by, meaning.
control::Json config_keys_json();

}  // namespace sluice::cli
