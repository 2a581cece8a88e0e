#pragma once

#include "tests/bench/cache_simulator/key_list.hpp"
#include "tests/bench/cache_simulator/policy.hpp"

namespace sluice::simulator {

// FIFO, and LRU: what was stored, or used, longest ago goes first.
class Recency final : public Policy {
 public:
  enum class Order { stored, used };

  Recency(const RequestTrace& trace, std::uint64_t capacity, Order order)
      : cached_(trace.keys, capacity), links_(trace.keys), list_(links_), order_(order) {}

  bool request(const TraceRequest& request) override;

 private:
  CachedKeys cached_;
  KeyLinks links_;
  KeyList list_;
  Order order_;
};

}  // namespace sluice::simulator
