#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gateway/base/clock.hpp"

namespace sluice::control {

// How fast a counter grows: over the last few samples, taken about a second apart.
// Thread: one.
class Rates {
 public:
  Rates(SteadyTime now, std::uint64_t total) { note(now, total); }

  void note(SteadyTime now, std::uint64_t total) noexcept;
  // From the oldest sample until `now`, when the counter stands at `total`; at least a second, so that the first
  // requests of a fresh daemon are no thousands a second.
  double per_second(SteadyTime now, std::uint64_t total) const noexcept;

 private:
  struct Sample {
    SteadyTime time;
    std::uint64_t total = 0;
  };
  static constexpr std::size_t kSamples = 5;
  std::array<Sample, kSamples> samples_{};
  std::size_t count_ = 0;  // noted ever
};

}  // namespace sluice::control
