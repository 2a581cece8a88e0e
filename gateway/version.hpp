#pragma once

namespace sluice {

inline constexpr const char* kVersion = SLUICE_VERSION;

}  // namespace sluice
