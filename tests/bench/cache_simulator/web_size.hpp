#pragma once

#include <cstdint>

namespace sluice::simulator {

// The size of the response to a key, distributed as Barford and Crovella found files of the web to be (SURGE, 1998): a
// lognormal body with a median of 12 KB, and a Pareto tail for 7 % of them. At most 16 MiB, which is what the memory
// tier takes by default.
std::uint32_t web_size(std::uint64_t key, std::uint64_t seed);

}  // namespace sluice::simulator
