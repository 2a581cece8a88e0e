#pragma once

#include <vector>

#include "cache/eviction_order.hpp"
#include "cache/store.hpp"
#include "tests/bench/cache_simulator/policy.hpp"

namespace sluice::simulator {

// What Sluice does: the order of eviction of the memory tier, alone.
class ProductOrder final : public Policy {
 public:
  ProductOrder(const RequestTrace& trace, std::uint64_t capacity);

  bool request(const TraceRequest& request) override;

 private:
  CachedKeys cached_;
  std::vector<cache::EvictionEntry> entries_;  // by key
  cache::EvictionOrder order_;
};

// The whole memory tier as the gateway uses it, through find() and put(): sixteen shards, and a budget that heads and
// index count against as well, so that it holds a little less. The content has sizes but no octets.
class ProductStore final : public Policy {
 public:
  ProductStore(const RequestTrace& trace, std::uint64_t capacity);

  bool request(const TraceRequest& request) override;

 private:
  std::unique_ptr<cache::Store> store_;
};

}  // namespace sluice::simulator
