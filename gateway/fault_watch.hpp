#pragma once

#include <cstdint>
#include <string>

#include "cache/store.hpp"
#include "gateway/base/clock.hpp"

namespace sluice {

// What no client notices but the operator must: said when it begins, and at most once a minute while it goes on.
// Thread: one.
class FaultWatch {
 public:
  // Called every few seconds with counters that only grow.
  void look_at_log(const std::string& file, std::uint64_t lines_lost);
  void look_at_disk(const cache::StoreStats& stats);

 private:
  struct Fault {
    std::uint64_t said = 0;
    SteadyTime next = SteadyTime::min();
  };
  static std::uint64_t news(Fault& fault, std::uint64_t count);

  Fault lines_lost_;
  Fault disk_failed_;
  Fault disk_slow_;
};

}  // namespace sluice
