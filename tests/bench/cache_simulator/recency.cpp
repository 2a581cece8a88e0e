#include "tests/bench/cache_simulator/recency.hpp"

namespace sluice::simulator {

bool Recency::request(const TraceRequest& request) {
  const auto [key, size] = request;
  if (cached_.has(key)) {
    if (order_ == Order::used) {
      list_.remove(key, size);
      list_.push(key, size);
    }
    return true;
  }
  if (cached_.is_too_large(size)) { return false; }
  while (!cached_.has_room(size)) {
    const auto victim = list_.oldest();
    list_.remove(victim, cached_.size(victim));
    cached_.remove(victim);
  }
  cached_.add(key, size);
  list_.push(key, size);
  return false;
}

}  // namespace sluice::simulator
