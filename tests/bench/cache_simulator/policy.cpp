#include "tests/bench/cache_simulator/policy.hpp"

#include <array>

#include "tests/bench/cache_simulator/belady.hpp"
#include "tests/bench/cache_simulator/greedy_dual.hpp"
#include "tests/bench/cache_simulator/product.hpp"
#include "tests/bench/cache_simulator/recency.hpp"
#include "tests/bench/cache_simulator/s3_fifo.hpp"
#include "tests/bench/cache_simulator/sieve.hpp"
#include "tests/bench/cache_simulator/w_tinylfu.hpp"

namespace sluice::simulator {
namespace {

template <typename Made, auto... Arguments>
std::unique_ptr<Policy> make(const RequestTrace& trace, std::uint64_t capacity) {
  return std::make_unique<Made>(trace, capacity, Arguments...);
}

constexpr std::array kKinds{
    PolicyKind{"belady", "the furthest next request goes: the optimum for equal sizes",
               make<Belady, Belady::Worst::furthest>},
    PolicyKind{"belady-size", "the furthest next request times size goes",
               make<Belady, Belady::Worst::furthest_by_size>},
    PolicyKind{"sluice", "the memory tier's order of eviction", make<ProductOrder>},
    PolicyKind{"sluice-store", "the whole memory tier: shards, heads and index counted", make<ProductStore>},
    PolicyKind{"fifo", "the oldest goes", make<Recency, Recency::Order::stored>},
    PolicyKind{"lru", "what was used longest ago goes", make<Recency, Recency::Order::used>},
    PolicyKind{"lfu-da", "least frequently used with dynamic ageing", make<GreedyDual, GreedyDual::Value::uses>},
    PolicyKind{"gdsf", "greedy dual: uses an octet", make<GreedyDual, GreedyDual::Value::uses_per_octet>},
    PolicyKind{"sieve", "SIEVE", make<Sieve>},
    PolicyKind{"s3-fifo", "S3-FIFO as published", make<S3Fifo>},
    PolicyKind{"w-tinylfu", "W-TinyLFU, implicit victims", make<WTinyLfu, WTinyLfu::Worth::uses>},
    PolicyKind{"w-tinylfu-av", "W-TinyLFU, aggregated victims", make<WTinyLfu, WTinyLfu::Worth::all_uses>},
    PolicyKind{"w-tinylfu-size", "W-TinyLFU, uses an octet", make<WTinyLfu, WTinyLfu::Worth::uses_per_octet>},
};

}  // namespace

std::span<const PolicyKind> policy_kinds() {
  return kKinds;
}

HitRatios replay(const RequestTrace& trace, Policy& policy) {
  std::uint64_t hits = 0;
  std::uint64_t octets = 0;
  for (const auto& request : trace.requests) {
    if (!policy.request(request)) { continue; }
    ++hits;
    octets += request.size;
  }
  return {static_cast<double>(hits) / static_cast<double>(trace.requests.size()),
          static_cast<double>(octets) / static_cast<double>(trace.requested_octets())};
}

}  // namespace sluice::simulator
