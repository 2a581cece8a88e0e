#include "cache/rocksdb_tier.hpp"

namespace sluice::cache {

// Nothing is stored ahead of a purge that was in force when its request was sent, so that a generation found on disk is
// never above the one that is kept.
StoreResult RocksdbTier::keep_purges(const PurgeChange& change) {
  const Lock lock(changes_);
  const bool is_number = change.put.empty() && change.remove.empty();
  if (is_number && !unwritten_purges_.empty()) {
    unwritten_purges_.back().generation = change.generation;
  } else {
    unwritten_purges_.push_back(change);
  }
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

bool RocksdbTier::is_purge_kept(std::string_view key) {
  const Lock lock(changes_);
  return !purged_.contains(key);
}

bool RocksdbTier::mend() {
  if (!disk_.gate().is_open()) { disk_.resume(); }
  const Lock lock(changes_);
  if (!disk_.gate().is_open() && !disk_.probe()) { return unwritten_purges_.empty() && purged_.empty(); }
  const bool are_written = write_purges().has_value();
  if (are_written) { finish_removals(); }
  return are_written && purged_.empty();
}

}  // namespace sluice::cache
