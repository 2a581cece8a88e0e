#pragma once

#include <chrono>

namespace sluice::control {

// How long a command took, as its answer says it.
inline double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace sluice::control
