#pragma once

#include <set>
#include <tuple>

#include "tests/bench/cache_simulator/policy.hpp"

namespace sluice::simulator {

// LFU with dynamic ageing and GDSF (Arlitt, Cherkasova and others, 1999; Squid's heap policies): what has the least
// priority goes first, and its priority is what everything that comes later starts from. LFU-DA adds the number of
// uses to that, GDSF that number divided by the size. Of equal priorities the one that was set first goes first.
class GreedyDual final : public Policy {
 public:
  enum class Value { uses, uses_per_octet };

  GreedyDual(const RequestTrace& trace, std::uint64_t capacity, Value value)
      : cached_(trace.keys, capacity), uses_(trace.keys), places_(trace.keys), value_(value) {}

  bool request(const TraceRequest& request) override;

 private:
  struct Place {
    double priority = 0;
    std::uint64_t set_at = 0;
    std::uint32_t key = 0;
    auto operator<=>(const Place&) const = default;
  };

  void place(std::uint32_t key);

  CachedKeys cached_;
  std::vector<std::uint32_t> uses_;
  std::vector<Place> places_;
  std::set<Place> order_;
  double age_ = 0;
  std::uint64_t set_ = 0;
  Value value_;
};

}  // namespace sluice::simulator
