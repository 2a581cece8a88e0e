#pragma once

#include <deque>
#include <utility>

#include "tests/bench/cache_simulator/key_list.hpp"
#include "tests/bench/cache_simulator/policy.hpp"

namespace sluice::simulator {

// S3-FIFO as published (Yang et al., SOSP 2023): a small queue with a tenth of the octets, a main queue whose entries
// stay for as many rounds as they had uses, three at most, and ghosts of what left the small queue unused, as many
// octets of them as the main queue holds.
class S3Fifo final : public Policy {
 public:
  S3Fifo(const RequestTrace& trace, std::uint64_t capacity)
      : cached_(trace.keys, capacity),
        links_(trace.keys),
        small_(links_),
        main_(links_),
        uses_(trace.keys),
        ghost_number_(trace.keys) {}

  bool request(const TraceRequest& request) override;

 private:
  void evict();
  void remember(std::uint32_t key, std::uint32_t size);

  struct Ghost {
    std::uint32_t key = 0;
    std::uint32_t size = 0;
    std::uint64_t number = 0;
  };

  CachedKeys cached_;
  KeyLinks links_;
  KeyList small_;
  KeyList main_;
  std::vector<std::uint8_t> uses_;
  std::vector<std::uint64_t> ghost_number_;  // of the key's latest ghost; 0: none
  std::deque<Ghost> ghosts_;
  std::uint64_t ghost_octets_ = 0;
  std::uint64_t ghosts_made_ = 0;
};

}  // namespace sluice::simulator
