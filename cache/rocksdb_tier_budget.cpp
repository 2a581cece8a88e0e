#include <algorithm>

#include "cache/rocksdb_tier.hpp"

namespace sluice::cache {
namespace {

constexpr std::uint64_t kMostFilesWaiting = 64;  // then compaction does not go on: stop storing
constexpr int kMostSecondChances = 16;           // before a response is evicted although it was used

}  // namespace

StoreResult RocksdbTier::admit_write() {
  if (!disk_.gate().is_open()) { return std::unexpected(disk_.gate().last_error()); }
  if (!directory_.keep_epoch()) { return std::unexpected(disk_.fail()); }
  if (auto written = write_purges(); !written) { return written; }
  if (disk_.octets_written() >= next_measure_ || is_over_) { measure(); }
  if (is_over_) { return std::unexpected(StoreError::no_space); }
  return {};
}

// Content that was removed stays in its file until all of the file is garbage, so the files are larger than what is
// accounted for. This keeps the files, not only the account, within the budget: when they come near it, less may be
// stored and what was removed is merged away; when there is room, more.
void RocksdbTier::measure() {
  const auto step = memtable_ / 2;
  const auto budget = budget_.load();
  const auto most = budget - budget / 16;
  const auto on_disk = disk_.database().octets_on_disk();
  next_measure_ = disk_.octets_written() + step;
  if (on_disk > most) {
    allowance_ = std::max(budget / 4, allowance_ - std::min(allowance_, step));
    if (disk_.octets_written() >= next_reclaim_) {
      next_reclaim_ = disk_.octets_written() + std::max(memtable_, budget / 64);
      needs_reclaim_ = true;
    }
  } else if (on_disk + 2 * step < most) {
    allowance_ = std::min(most, allowance_ + step);
  }
  is_over_ = on_disk > budget || disk_.database().files_waiting() > kMostFilesWaiting;
  if (!is_over_) { return; }
  const auto evicted = evictions_.load();
  static_cast<void>(make_room(0));  // the caller refuses whatever comes of it
  if (evictions_ != evicted) { needs_reclaim_ = true; }
  // Little is stored, so nothing will be evicted: the rest is garbage, wherever it lies.
  if (used() <= budget / 4) {
    evicted_up_to_ = std::max(evicted_up_to_.load(), next_id_.load());
    needs_reclaim_ = true;
  }
}

void RocksdbTier::reclaim_if_needed() {
  if (!needs_reclaim_.load() || !disk_.gate().is_open() || is_reclaiming_.test_and_set()) { return; }
  needs_reclaim_ = false;
  disk_.database().reclaim(chunk_key(evicted_up_to_, UINT32_MAX));
  is_reclaiming_.clear();
}

StoreResult RocksdbTier::make_room(std::uint64_t octets) {
  if (is_shrinking_) { return std::unexpected(StoreError::no_space); }
  if (used() + octets > allowance_) { finish_removals(); }
  for (int chances = 0; used() + octets > allowance_;) {
    const auto oldest = index_.oldest();
    if (!oldest) { return std::unexpected(StoreError::no_space); }
    if (oldest->is_used && chances++ < kMostSecondChances && give_second_chance(oldest->entry)) { continue; }
    if (auto evicted = evict_for_room(oldest->entry); !evicted) { return evicted; }
  }
  return {};
}

StoreResult RocksdbTier::evict_for_room(const DiskIndex::Entry& entry) {
  if (auto evicted = evict(entry); !evicted) { return evicted; }
  evicted_.remember(entry.hash);
  evicted_up_to_ = std::max(evicted_up_to_.load(), entry.id);
  evictions_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

// A response of one chunk is written anew, so that the file it lay in can go; a longer one fills files of its own and
// stays where it is. False when it cannot be kept.
bool RocksdbTier::give_second_chance(const DiskIndex::Entry& entry) {
  auto record = disk_.read_record(disk_.read_owner(entry.id));
  if (!record || !*record) { return false; }
  const auto own = std::ranges::find_if((*record)->variants, [&](const auto& v) { return v.store_id == entry.id; });
  if (own == (*record)->variants.end()) { return false; }
  const auto length = own->head.content_length;
  if (length == 0 || length > std::min(chunk_size(entry.id), chunk_size(next_id_))) {
    index_.requeue(entry.hash, entry.id);
    return true;
  }
  return write_anew(entry, **record, *own);
}

bool RocksdbTier::write_anew(const DiskIndex::Entry& entry, StoredRecord& record, StoredVariant& variant) {
  auto content = disk_.read_chunk(entry.id, 0, variant.head.content_length);
  if (!content) { return false; }
  rocksdb::WriteBatch batch;
  disk_.remove_response(batch, entry.id, variant.head.content_length);
  variant.store_id = new_id();
  disk_.put_chunk(batch, variant.store_id, 0, {std::move(*content)});
  disk_.put_owner(batch, variant.store_id, variant.octets, record.key);
  disk_.put_record(batch, record);
  if (!disk_.write(batch)) { return false; }
  index_.remove(entry.hash, entry.id);
  index_.add({entry.hash, variant.store_id, variant.octets});
  evicted_up_to_ = std::max(evicted_up_to_.load(), entry.id);
  return true;
}

}  // namespace sluice::cache
