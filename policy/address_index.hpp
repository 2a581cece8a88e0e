#pragma once

#include <span>
#include <vector>

#include "policy/address.hpp"

namespace sluice::policy {

// A set of addresses, built from prefixes in any order, overlapping or not.
// Thread: any, once built. Cost: 32 octets a run of addresses; contains() is one binary search.
class AddressIndex {
 public:
  explicit AddressIndex(std::span<const Prefix> prefixes);

  bool contains(const Address& address) const noexcept;

 private:
  struct Run {  // both ends belong to it
    Address first;
    Address last;
  };
  std::vector<Run> runs_;  // sorted, with gaps between them
};

}  // namespace sluice::policy
