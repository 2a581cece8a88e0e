#include "cache/rocksdb_tier.hpp"

namespace sluice::cache {

// Nothing is stored ahead of a purge that was in force when its request was sent, so that a generation found on disk is
// never above the one that is kept.
StoreResult RocksdbTier::keep_purges(const PurgeChange& change) {
  const Lock lock(changes_);
  unwritten_purges_.push_back(change);
  return write_purges();
}

StoreResult RocksdbTier::write_purges() {
  while (!unwritten_purges_.empty()) {
    if (auto written = disk_.write_purges(unwritten_purges_.front()); !written) { return written; }
    unwritten_purges_.erase(unwritten_purges_.begin());
  }
  return {};
}

KeptPurges RocksdbTier::kept_purges() {
  return disk_.read_purges();
}

}  // namespace sluice::cache
