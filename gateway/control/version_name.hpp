#pragma once

#include <cstdint>
#include <string>

namespace sluice::control {

// "v7"
inline std::string version_name(std::uint64_t version) {
  return "v" + std::to_string(version);
}

}  // namespace sluice::control
