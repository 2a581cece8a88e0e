#include "cache/read_holds.hpp"

#include <utility>

namespace sluice::cache {

std::shared_ptr<const void> ReadHolds::hold(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  if (removing_.contains(id)) { return nullptr; }
  ++readers_[id];
  // What the token points to does not matter; it keeps this object.
  return {this, [self = shared_from_this(), id](const void*) { self->release(id); }};
}

void ReadHolds::release(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  const auto readers = readers_.find(id);
  if (--readers->second != 0) { return; }
  readers_.erase(readers);
  if (const auto left = left_.find(id); left != left_.end()) {
    unread_.push_back({id, left->second});
    left_.erase(left);
  }
}

bool ReadHolds::begin_removal(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  if (readers_.contains(id)) { return false; }
  removing_.insert(id);
  return true;
}

void ReadHolds::end_removal(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  removing_.erase(id);
}

void ReadHolds::leave(const Left& left) {
  const std::scoped_lock lock(mutex_);
  if (readers_.contains(left.id)) {
    left_.emplace(left.id, left.octets);
  } else {
    unread_.push_back(left);
  }
}

std::vector<ReadHolds::Left> ReadHolds::take_unread() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(unread_, {});
}

}  // namespace sluice::cache
