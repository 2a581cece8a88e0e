#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/record/metrics.hpp"
#include "policy/snapshot.hpp"

namespace sluice::record {

// How often a rule decided or applied, and when; times are seconds since the epoch.
struct Hits {
  std::uint64_t count = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;

  void add(const Hits& other) noexcept;
};
using HitsByRule = std::map<std::string, Hits>;  // by id

// The hits of one worker. Rules of the policy in force are counted in an array; what earlier ones had is kept by id.
// Thread: count() is the worker's, add_to() anybody's. Cost of count(): three relaxed stores, unless the policy is
// another one than the last time.
class RuleHits {
 public:
  using PolicyPtr = std::shared_ptr<const policy::Snapshot>;

  void count(const PolicyPtr& policy, std::uint32_t rule, std::int64_t now);
  void add_to(HitsByRule& all) const;

 private:
  struct Cell {
    Counter count;
    std::atomic<std::int64_t> first{0};
    std::atomic<std::int64_t> last{0};

    Hits hits() const noexcept;
  };

  void use(const PolicyPtr& policy);
  void add_cells_to(HitsByRule& all) const;

  mutable std::mutex mutex_;  // the worker takes it when the policy changes
  PolicyPtr policy_;
  std::unique_ptr<Cell[]> cells_;
  HitsByRule earlier_;
};

}  // namespace sluice::record
