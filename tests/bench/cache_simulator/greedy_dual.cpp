#include "tests/bench/cache_simulator/greedy_dual.hpp"

namespace sluice::simulator {

bool GreedyDual::request(const TraceRequest& request) {
  const auto [key, size] = request;
  const bool is_hit = cached_.has(key);
  if (is_hit) {
    order_.erase(places_[key]);
    ++uses_[key];
  } else {
    if (cached_.is_too_large(size)) { return false; }
    while (!cached_.has_room(size)) {
      const auto first = *order_.begin();
      order_.erase(order_.begin());
      cached_.remove(first.key);
      age_ = first.priority;
    }
    cached_.add(key, size);
    uses_[key] = 1;
  }
  place(key);
  return is_hit;
}

void GreedyDual::place(std::uint32_t key) {
  const double value = value_ == Value::uses ? uses_[key] : static_cast<double>(uses_[key]) / cached_.size(key);
  places_[key] = {age_ + value, ++set_, key};
  order_.insert(places_[key]);
}

}  // namespace sluice::simulator
