#include <algorithm>

#include "cache/rocksdb_removal.hpp"
#include "cache/rocksdb_tier.hpp"

namespace sluice::cache {

void RocksdbTier::abandon(std::uint64_t id, std::uint64_t reserved) {
  const Lock lock(changes_);
  abandoned_.push_back(id);
  release(reserved);
  finish_removals();
}

std::size_t RocksdbTier::purge(std::string_view key) {
  const Lock lock(changes_);
  if (purged_.contains(key)) { return 0; }
  StoreResult result;
  const auto removed = remove_key(key, result);
  if (!result) {
    purged_.emplace(key);
    has_purged_ = true;
  }
  return removed;
}

// Removes all that is known under a key, by its record or, when that is damaged, by the index.
std::size_t RocksdbTier::remove_key(std::string_view key, StoreResult& result) {
  const auto hashed = hash(key);
  const auto record = disk_.read_record(key);
  if (record && !*record) { return 0; }
  rocksdb::WriteBatch batch;
  RocksdbRemoval removal(disk_, *holds_);
  if (record) {
    for (const auto& variant : (*record)->variants) {
      removal.add(batch, variant.store_id, variant.octets, variant.head.content_length);
    }
  } else {
    for (const auto id : index_.ids_of(hashed)) {
      if (disk_.read_owner(id) == key) { removal.add(batch, id, 0, std::nullopt); }
    }
  }
  disk_.remove_record(batch, key);
  result = disk_.write(batch);
  if (result) {
    open_ += removal.done();
    for (const auto id : removal.ids()) { index_.remove(hashed, id); }
  }
  return removal.ids().size();
}

// `id` 0: the whole record is damaged.
void RocksdbTier::drop_damaged(std::string_view key, std::uint64_t id) {
  const Lock lock(changes_);
  StoreResult result;
  const auto record = disk_.read_record(key);
  if (!record) {
    if (record.error() == StoreError::damaged) { remove_key(key, result); }
  } else if (*record && id != 0) {
    forget(key, id);
  }
}

// The record as it is to be changed; empty when there is none that can be read (what it held is then evicted in time).
StoredRecord RocksdbTier::record_to_change(std::string_view key) {
  finish_removals();
  if (may_have(key) && !purged_.contains(key)) {
    if (auto record = disk_.read_record(key); record && *record) { return std::move(**record); }
  }
  return {std::string(key), {}};
}

// Removes one response, its variant in the record included.
void RocksdbTier::forget(std::string_view key, std::uint64_t id) {
  DiskIndex::Entry entry{hash(key), id, 0};
  static_cast<void>(evict(entry));
}

StoreResult RocksdbTier::evict(const DiskIndex::Entry& entry) {
  rocksdb::WriteBatch batch;
  const std::string key = disk_.read_owner(entry.id);
  std::optional<std::uint64_t> content_length;
  std::uint64_t octets = entry.octets;
  if (!key.empty()) {
    if (auto record = disk_.read_record(key); record && *record) {
      auto& variants = (*record)->variants;
      const auto own = std::ranges::find_if(variants, [&](const auto& v) { return v.store_id == entry.id; });
      if (own != variants.end()) {
        content_length = own->head.content_length;
        octets = own->octets;
        variants.erase(own);
        disk_.put_record(batch, **record);
      }
    }
  }
  RocksdbRemoval removal(disk_, *holds_);
  removal.add(batch, entry.id, octets, content_length);
  if (auto written = disk_.write(batch); !written) { return written; }
  open_ += removal.done();
  index_.remove(entry.hash, entry.id);
  return {};
}

// What the disk did not take when it was asked for; tried again before each change, and by mend().
void RocksdbTier::finish_removals() {
  while (!purged_.empty() && disk_.gate().is_open()) {
    StoreResult result;
    const std::string key = *purged_.begin();
    remove_key(key, result);
    if (!result) { break; }
    purged_.erase(key);
  }
  has_purged_ = !purged_.empty();
  for (const auto& left : holds_->take_unread()) {
    abandoned_.push_back(left.id);
    release(left.octets);
  }
  while (!abandoned_.empty() && disk_.gate().is_open()) {
    rocksdb::WriteBatch batch;
    disk_.remove_response(batch, abandoned_.back(), std::nullopt);
    disk_.unmark_writing(batch, abandoned_.back());
    if (!disk_.write(batch)) { break; }
    abandoned_.pop_back();
  }
}

}  // namespace sluice::cache
