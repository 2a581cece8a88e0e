#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/syntax.hpp"

namespace sluice::policy {

// A set of hosts: single ones, and names with everything below them.
// Thread: any, once built. Cost: a binary search for the host and one for each of its labels.
class HostIndex {
 public:
  explicit HostIndex(std::span<const HostPattern> patterns);

  bool contains(std::string_view host) const noexcept;  // normalised like Facts::host

 private:
  std::vector<std::string> names_;     // sorted
  std::vector<std::string> suffixes_;  // sorted, without the leading dot
  bool holds_every_ = false;
};

}  // namespace sluice::policy
