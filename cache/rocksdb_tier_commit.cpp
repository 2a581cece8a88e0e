#include <algorithm>
#include <utility>

#include "cache/rocksdb_tier.hpp"
#include "cache/rocksdb_writer.hpp"
#include "cache/variant_choice.hpp"

namespace sluice::cache {

bool RocksdbTier::is_too_large(std::uint64_t content) const {
  return content > options_.largest_response || content > budget_;
}

StoreError RocksdbTier::refuse(StoreError error) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  return error;
}

// A response of the key could not be stored, and what is stored is older than it. A disk that is too slow for the one
// is so for the removal too, which mend() then carries out.
void RocksdbTier::give_way(std::string_view key, StoreError error) {
  if (!may_have(key)) { return; }
  const Lock lock(changes_);
  const auto record = disk_.read_record(key);
  if (record && !*record) { return; }
  purged_.emplace(key);
  has_purged_ = true;
  if (error != StoreError::too_slow) { finish_removals(); }
}

std::expected<std::unique_ptr<StoreWriter>, StoreError> RocksdbTier::write(std::uint64_t expected_size) {
  if (is_too_large(expected_size)) { return std::unexpected(refuse(StoreError::too_large)); }
  return std::make_unique<RocksdbWriter>(*this);
}

StoreResult RocksdbTier::put(StoredResponsePtr response) {
  auto stored = write_whole(*response);
  if (!stored) { give_way(response->head.key, stored.error()); }
  return stored;
}

StoreResult RocksdbTier::write_whole(const StoredResponse& response) {
  if (!response.is_resident()) { return std::unexpected(refuse(StoreError::too_large)); }
  auto writer = write(response.head.content_length);
  if (!writer) { return std::unexpected(writer.error()); }
  for (const auto& segment : response.segments) {
    if (auto appended = (*writer)->append(segment); !appended) { return appended; }
  }
  auto stored = (*writer)->commit(response.head);
  if (!stored) { return std::unexpected(stored.error()); }
  return {};
}

StoreResult RocksdbTier::reserve(std::uint64_t octets) {
  reclaim_if_needed();
  const Lock lock(changes_);
  if (auto admitted = admit_write(); !admitted) { return admitted; }
  if (auto room = make_room(octets); !room) { return room; }
  open_ += octets;
  return {};
}

void RocksdbTier::release(std::uint64_t octets) {
  open_ -= octets;
}

StoreResult RocksdbTier::write_chunk(std::uint64_t id, std::uint32_t number, const std::vector<Segment>& octets) {
  rocksdb::WriteBatch batch;
  if (number == 0) { disk_.mark_writing(batch, id); }
  disk_.put_chunk(batch, id, number, octets);
  return disk_.write(batch);
}

std::expected<StoredResponsePtr, StoreError> RocksdbTier::commit(StoredHead head, Completed completed) {
  const auto charge = disk_charge(head, chunk_size(completed.id));
  reclaim_if_needed();
  const Lock lock(changes_);
  if (auto admitted = admit_write(); !admitted) { return std::unexpected(admitted.error()); }
  const auto missing = charge > completed.reserved ? charge - completed.reserved : 0;
  if (auto room = make_room(missing); !room) { return std::unexpected(room.error()); }

  rocksdb::WriteBatch batch(charge);
  Staged staged(disk_, *holds_);
  stage(batch, std::move(head), completed, staged);
  if (auto written = disk_.write(batch); !written) { return std::unexpected(written.error()); }
  note_stored(staged.record.key, staged.entry, staged.replaced, false);
  release(completed.reserved);
  auto response = std::make_shared<StoredResponse>();
  response->head = std::move(staged.record.variants.front().head);
  response->store_id = completed.id;
  if (completed.chunks_written == 0) { response->segments = std::move(completed.rest); }
  return response;
}

void RocksdbTier::stage(rocksdb::WriteBatch& batch, StoredHead head, const Completed& completed, Staged& staged) {
  const auto id = completed.id;
  const auto charge = disk_charge(head, chunk_size(id));
  staged.record = record_to_change(head.key);
  staged.entry = {hash(head.key), id, charge};
  put_variant(batch, staged.record, {std::move(head), id, charge}, staged.replaced);
  if (!completed.rest.empty()) { disk_.put_chunk(batch, id, completed.chunks_written, completed.rest); }
  if (completed.chunks_written != 0) { disk_.unmark_writing(batch, id); }
}

// Puts a variant in front of its record, its queue entry and the record into the batch. What it takes the place of
// goes, its own chunks excepted, and so does the oldest of too many.
void RocksdbTier::put_variant(rocksdb::WriteBatch& batch, StoredRecord& record, StoredVariant variant,
                              RocksdbRemoval& replaced) {
  auto& variants = record.variants;
  const auto remove = [&](std::vector<StoredVariant>::iterator old) {
    if (old->store_id != variant.store_id) {
      replaced.add(batch, old->store_id, old->octets, old->head.content_length);
    }
    variants.erase(old);
  };
  const auto same =
      std::ranges::find_if(variants, [&](const auto& v) { return v.head.variant == variant.head.variant; });
  if (same != variants.end()) { remove(same); }
  while (variants.size() >= kMostVariants) { remove(std::prev(variants.end())); }
  disk_.put_owner(batch, variant.store_id, variant.octets, record.key);
  variants.insert(variants.begin(), std::move(variant));
  disk_.put_record(batch, record);
}

// What was written is in the index from now on.
void RocksdbTier::note_stored(const std::string& key, const DiskIndex::Entry& entry, RocksdbRemoval& replaced,
                              bool was_there) {
  purged_.erase(key);
  has_purged_ = !purged_.empty();
  evicted_.forget(entry.hash);
  open_ += replaced.done();
  for (const auto old : replaced.ids()) { index_.remove(entry.hash, old); }
  if (was_there) {
    index_.recharge(entry.hash, entry.id, entry.octets);
  } else {
    index_.add(entry);
  }
  stores_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace sluice::cache
