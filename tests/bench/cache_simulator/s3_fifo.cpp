#include "tests/bench/cache_simulator/s3_fifo.hpp"

namespace sluice::simulator {

bool S3Fifo::request(const TraceRequest& request) {
  const auto [key, size] = request;
  if (cached_.has(key)) {
    if (uses_[key] < 3) { ++uses_[key]; }
    return true;
  }
  if (cached_.is_too_large(size)) { return false; }
  while (!cached_.has_room(size)) { evict(); }
  cached_.add(key, size);
  uses_[key] = 0;
  const bool has_ghost = std::exchange(ghost_number_[key], 0) != 0;
  (has_ghost ? main_ : small_).push(key, size);
  return false;
}

void S3Fifo::evict() {
  for (;;) {
    const bool from_small =
        main_.is_empty() || (!small_.is_empty() && small_.octets() * 10 >= small_.octets() + main_.octets());
    KeyList& queue = from_small ? small_ : main_;
    const auto key = queue.oldest();
    const auto size = cached_.size(key);
    queue.remove(key, size);
    if (uses_[key] != 0) {
      uses_[key] = from_small ? 0 : static_cast<std::uint8_t>(uses_[key] - 1);
      main_.push(key, size);
      continue;
    }
    if (from_small) { remember(key, size); }
    cached_.remove(key);
    return;
  }
}

void S3Fifo::remember(std::uint32_t key, std::uint32_t size) {
  ghost_number_[key] = ++ghosts_made_;
  ghosts_.push_back({key, size, ghosts_made_});
  ghost_octets_ += size;
  while (ghost_octets_ > cached_.capacity() / 10 * 9) {
    const auto oldest = ghosts_.front();
    ghosts_.pop_front();
    ghost_octets_ -= oldest.size;
    if (ghost_number_[oldest.key] == oldest.number) { ghost_number_[oldest.key] = 0; }
  }
}

}  // namespace sluice::simulator
