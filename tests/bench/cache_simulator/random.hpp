#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace sluice::simulator {

// Numbers that are the same everywhere for one seed, which the standard library's distributions are not (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  static std::uint64_t mix(std::uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
    return bits ^ (bits >> 31);
  }
  std::uint64_t bits() { return mix(state_ += 0x9E3779B97F4A7C15); }
  double fraction() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }  // in [0, 1)
  std::uint32_t below(std::uint32_t most) { return static_cast<std::uint32_t>(fraction() * most); }

 private:
  std::uint64_t state_;
};

// Ranks 0 to `ranks` - 1, the popularity of each proportional to (rank + 1) ^ -exponent.
class Zipf {
 public:
  Zipf(std::uint32_t ranks, double exponent) : up_to_(ranks) {
    double sum = 0;
    for (std::uint32_t rank = 0; rank < ranks; ++rank) { up_to_[rank] = sum += std::pow(rank + 1.0, -exponent); }
  }

  std::uint32_t draw(Random& random) const {
    const auto at = std::upper_bound(up_to_.begin(), up_to_.end(), random.fraction() * up_to_.back());
    return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(at - up_to_.begin(), std::ssize(up_to_) - 1));
  }

 private:
  std::vector<double> up_to_;  // sums of popularity
};

}  // namespace sluice::simulator
