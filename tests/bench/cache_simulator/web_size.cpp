#include "tests/bench/cache_simulator/web_size.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/bench/cache_simulator/random.hpp"

namespace sluice::simulator {

std::uint32_t web_size(std::uint64_t key, std::uint64_t seed) {
  constexpr double kLeast = 64;
  constexpr double kMost = 16 << 20;
  constexpr double kBodyShare = 0.93;
  Random random(Random::mix(key * 0x9E3779B97F4A7C15 + seed));
  double size = 0;
  if (random.fraction() < kBodyShare) {
    const double radius = std::sqrt(-2 * std::log(1 - random.fraction()));
    const double normal = radius * std::cos(2 * std::numbers::pi * random.fraction());
    size = std::exp(9.357 + 1.318 * normal);
  } else {
    size = 133'000 / std::pow(1 - random.fraction(), 1 / 1.1);
  }
  return static_cast<std::uint32_t>(std::clamp(size, kLeast, kMost));
}

}  // namespace sluice::simulator
