#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/base/clock.hpp"
#include "gateway/net/tcp_stream.hpp"

namespace sluice::net {

// How many octets may pass now, so that on average no more than `rate` pass in a second. What was not used counts for
// one second: after a silence that much passes at once, as it does at the beginning. Octets pass in portions that are
// worth a write: of a sixteenth of a second, or of all there is when that is less. The time is a parameter; it does not
// go back.
class Pace {
 public:
  // REQUIRES: 1 <= rate <= 10^10.
  Pace(std::uint64_t rate, SteadyTime now);

  // How many of `wanted` octets may pass; 0: none until when(wanted). REQUIRES: wanted > 0.
  std::size_t allow(std::size_t wanted, SteadyTime now) noexcept;
  SteadyTime when(std::size_t wanted) const noexcept;
  // So many have passed. REQUIRES: they were allowed.
  void take(std::size_t octets) noexcept { used_until_ += time_for(octets); }

 private:
  std::uint64_t portion(std::size_t wanted) const noexcept;
  std::chrono::nanoseconds time_for(std::uint64_t octets) const noexcept;

  std::uint64_t rate_;
  SteadyTime used_until_;  // what time gave ahead of it has passed, or has lapsed
};

// Rests on `to` until some of `wanted` octets may be written to it; how many. REQUIRES: wanted > 0; nobody else writes.
Task<Result<std::size_t>> wait_for_allowance(Pace& pace, TcpStream& to, std::size_t wanted);

}  // namespace sluice::net
