#pragma once

#include <set>
#include <utility>

#include "tests/bench/cache_simulator/policy.hpp"

namespace sluice::simulator {

// Policies that know the future. What is never asked for again is not stored; when room is needed, what is worst goes
// first, the newcomer included.
// - furthest: what is asked for again last (Belady, 1966). It is the optimum while all sizes are equal, and no more
//   than a yardstick when they are not: it holds on to a large response that is asked for soon where many small ones
//   that are asked for later would bring more hits.
// - furthest_by_size: the time until it is asked for again, at its last request, times its size. Nearer to the optimum
//   of object hits for responses of different sizes, which nobody can compute for traces of this length; see
//   hit_ratio_bound() for what no policy can exceed.
class Belady final : public Policy {
 public:
  enum class Worst { furthest, furthest_by_size };

  Belady(const RequestTrace& trace, std::uint64_t capacity, Worst worst);

  bool request(const TraceRequest& request) override;  // REQUIRES: the requests of the trace, in order

 private:
  double badness(std::uint32_t size) const;

  CachedKeys cached_;
  std::vector<std::uint32_t> next_;  // of each request: where its key is asked for again
  std::uint32_t at_ = 0;
  std::vector<double> badness_;
  std::set<std::pair<double, std::uint32_t>> order_;
  Worst worst_;
};

// What no policy can exceed, whatever it knows. A hit needs its response to be there from one request to the next: size
// times requests in between, of which a cache has its capacity times the length of the trace to give. The bound takes
// the cheapest hits until that is spent (Berger, Beckmann and Harchol-Balter, "Practical bounds on optimal caching with
// variable object sizes", 2018: PFOO-L); for octets, those that bring the most octets for it.
HitRatios hit_ratio_bound(const RequestTrace& trace, std::uint64_t capacity);

}  // namespace sluice::simulator
