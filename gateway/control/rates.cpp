#include "gateway/control/rates.hpp"

#include <algorithm>

namespace sluice::control {

void Rates::note(SteadyTime now, std::uint64_t total) noexcept {
  samples_[count_ % kSamples] = {now, total};
  ++count_;
}

double Rates::per_second(SteadyTime now, std::uint64_t total) const noexcept {
  const Sample& oldest = samples_[count_ < kSamples ? 0 : count_ % kSamples];
  if (total < oldest.total) { return 0; }
  const double elapsed = std::chrono::duration<double>(now - oldest.time).count();
  return static_cast<double>(total - oldest.total) / std::max(elapsed, 1.0);
}

}  // namespace sluice::control
