#include "tests/bench/cache_simulator/sieve.hpp"

namespace sluice::simulator {

bool Sieve::request(const TraceRequest& request) {
  const auto [key, size] = request;
  if (cached_.has(key)) {
    is_used_[key] = true;
    return true;
  }
  if (cached_.is_too_large(size)) { return false; }
  while (!cached_.has_room(size)) { evict(); }
  cached_.add(key, size);
  is_used_[key] = false;
  list_.push(key, size);
  return false;
}

void Sieve::evict() {
  auto key = hand_ != KeyList::kNone ? hand_ : list_.oldest();
  while (is_used_[key]) {
    is_used_[key] = false;
    const auto newer = list_.newer_than(key);
    key = newer != KeyList::kNone ? newer : list_.oldest();
  }
  hand_ = list_.newer_than(key);
  list_.remove(key, cached_.size(key));
  cached_.remove(key);
}

}  // namespace sluice::simulator
