#pragma once

#include <nlohmann/json_fwd.hpp>

namespace sluice::control {

// Members keep the order in which they are written, so that output reads as the structs do.
using Json = nlohmann::ordered_json;

}  // namespace sluice::control
