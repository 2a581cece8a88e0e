#include <algorithm>

#include "cache/rocksdb_tier.hpp"

namespace sluice::cache {
namespace {

constexpr std::size_t kIndexStep = 2048;   // queue entries a step
constexpr std::size_t kEvictionStep = 64;  // responses a step

}  // namespace

bool RocksdbTier::build_index_step() {
  {
    const Lock lock(changes_);
    if (index_complete_.load() ? evict_some() : restore_entries()) { return true; }
    is_shrinking_ = false;
  }
  reclaim_if_needed();
  return false;
}

// Of what a smaller budget no longer holds; true while there is more.
bool RocksdbTier::evict_some() {
  for (std::size_t i = 0; i < kEvictionStep && used() > allowance_; ++i) {
    const auto oldest = index_.oldest();
    if (!oldest || !evict_for_room(oldest->entry)) { return false; }
    needs_reclaim_ = true;
  }
  return used() > allowance_;
}

// When the queue cannot be read to its end, the index stays incomplete: may_have() goes on saying "perhaps", and the
// part not known goes on counting against the budget.
bool RocksdbTier::restore_entries() {
  std::vector<RocksdbDisk::Owned> owned;
  if (!disk_.read_owners(index_cursor_, first_id_, kIndexStep, owned)) { return false; }
  for (const auto& entry : owned) {
    index_.restore({hash(entry.key), entry.id, entry.octets});
    unknown_ -= std::min(unknown_.load(), entry.octets);
  }
  if (owned.size() == kIndexStep) { return true; }
  unknown_ = 0;
  index_complete_.store(true, std::memory_order_release);
  return used() > allowance_;
}

}  // namespace sluice::cache
