#pragma once

#include "tests/bench/cache_simulator/key_list.hpp"
#include "tests/bench/cache_simulator/policy.hpp"

namespace sluice::simulator {

// SIEVE (Zhang et al., NSDI 2024): first in, first out, but a hand that goes from the oldest to the newest spares what
// was used since it passed, and evicts where it stands.
class Sieve final : public Policy {
 public:
  Sieve(const RequestTrace& trace, std::uint64_t capacity)
      : cached_(trace.keys, capacity), links_(trace.keys), list_(links_), is_used_(trace.keys) {}

  bool request(const TraceRequest& request) override;

 private:
  void evict();

  CachedKeys cached_;
  KeyLinks links_;
  KeyList list_;
  std::vector<bool> is_used_;
  std::uint32_t hand_ = KeyList::kNone;
};

}  // namespace sluice::simulator
