#include "tests/bench/cache_simulator/request_trace.hpp"

#include <algorithm>

namespace sluice::simulator {

std::uint64_t RequestTrace::distinct_octets() const {
  std::vector<bool> seen(keys);
  std::uint64_t octets = 0;
  for (const auto& request : requests) {
    if (seen[request.key]) { continue; }
    seen[request.key] = true;
    octets += request.size;
  }
  return octets;
}

std::uint64_t RequestTrace::requested_octets() const {
  std::uint64_t octets = 0;
  for (const auto& request : requests) { octets += request.size; }
  return octets;
}

void TraceBuilder::add(std::string_view key, std::uint64_t size) {
  if (!has(key)) {
    numbers_.emplace(key, trace_.keys++);
    sizes_.push_back(static_cast<std::uint32_t>(std::clamp<std::uint64_t>(size, 1, UINT32_MAX)));
  }
  add_known(key);
}

void TraceBuilder::add_known(std::string_view key) {
  const auto number = numbers_.find(key)->second;
  trace_.requests.push_back({number, sizes_[number]});
}

}  // namespace sluice::simulator
