#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cache/cache_directory.hpp"
#include "cache/disk_index.hpp"
#include "cache/evicted_keys.hpp"
#include "cache/key_hash.hpp"
#include "cache/read_holds.hpp"
#include "cache/rocksdb_disk.hpp"
#include "cache/rocksdb_removal.hpp"
#include "cache/rocksdb_store.hpp"

namespace sluice::cache {

using StoreResult = std::expected<void, StoreError>;

// The disk tier. Reading needs no lock of ours: a record names its chunks by an id that is never given twice, each
// chunk carries its own checksum, and a chunk that is not there means that the response went away in between. Changing
// a record (read, change, write back) and evicting happen under one mutex, `changes_`; the chunks of a long response
// are written outside it, before the record that makes them visible. A long response that was found is held: its chunks
// stay while it is read, whatever becomes of it.
class RocksdbTier final : public Store {
 public:
  RocksdbTier(const RocksdbStoreOptions& options, CacheDirectory directory, RocksdbDatabase database);
  ~RocksdbTier() override;

  Found find(std::string_view key, Fields request) override;
  std::expected<Segment, StoreError> read(const StoredResponse& response, std::uint64_t offset) override;
  std::expected<std::unique_ptr<StoreWriter>, StoreError> write(std::uint64_t expected_size) override;
  StoreResult put(StoredResponsePtr response) override;
  void put_all(std::span<const StoredResponsePtr> responses) override;
  StoreResult put_part(StoredResponsePtr part) override;
  std::expected<StoredResponsePtr, StoreError> freshen(const StoredResponse& response, StoredHead head) override;
  std::size_t purge(std::string_view key) override;
  std::vector<StoredResponsePtr> list(std::string_view key) override;
  Page walk(std::string_view prefix, std::string_view from, std::size_t most) override;
  StoreResult keep_purges(const PurgeChange& change) override;
  KeptPurges kept_purges() override;
  bool is_purge_kept(std::string_view key) override;
  bool mend() override;
  bool may_have(std::string_view key) const override;
  bool was_evicted(std::string_view key) const override { return evicted_.has(hash(key)); }
  StoreStats stats() const override;
  void set_budget(std::uint64_t octets) override;
  void shorten_log() override;
  bool build_index_step() override;

  // For the writer.
  std::uint64_t new_id() { return next_id_.fetch_add(1ULL << kChunkBits, std::memory_order_relaxed); }
  bool is_too_large(std::uint64_t content) const;
  StoreError refuse(StoreError error);
  void give_way(std::string_view key, StoreError error);
  StoreResult reserve(std::uint64_t octets);
  void release(std::uint64_t octets);
  StoreResult write_chunk(std::uint64_t id, std::uint32_t number, const std::vector<Segment>& octets);
  struct Completed {
    std::uint64_t id = 0;
    std::uint32_t chunks_written = 0;
    std::uint64_t reserved = 0;
    std::vector<Segment> rest;  // of the last chunk, not written yet
  };
  std::expected<StoredResponsePtr, StoreError> commit(StoredHead head, Completed completed);
  void abandon(std::uint64_t id, std::uint64_t reserved);

 private:
  using Lock = std::scoped_lock<std::mutex>;

  std::uint64_t hash(std::string_view key) const { return hash_key(key, seed_); }
  StoreResult write_whole(const StoredResponse& response);
  StoreResult write_together(std::span<const StoredResponsePtr> responses);
  std::size_t count_together(std::span<const StoredResponsePtr> responses) const;
  bool fits_one_chunk(const StoredResponse& response) const;
  bool is_being_purged(std::string_view key);
  std::expected<std::optional<StoredRecord>, StoreError> visible_record(std::string_view key);
  std::expected<StoredResponsePtr, StoreError> load(std::string_view key, StoredVariant& variant);
  void drop_damaged(std::string_view key, std::uint64_t id);

  // REQUIRES (all below): `changes_` is held.
  // A response that is in a batch which was not written yet.
  struct Staged {
    Staged(RocksdbDisk& disk, ReadHolds& holds) : replaced(disk, holds) {}
    StoredRecord record;
    DiskIndex::Entry entry;
    RocksdbRemoval replaced;
  };
  void stage(rocksdb::WriteBatch& batch, StoredHead head, const Completed& completed, Staged& staged);
  StoredRecord record_to_change(std::string_view key);
  void put_variant(rocksdb::WriteBatch& batch, StoredRecord& record, StoredVariant variant, RocksdbRemoval& replaced);
  void note_stored(const std::string& key, const DiskIndex::Entry& entry, RocksdbRemoval& replaced, bool was_there);
  bool is_of_message(std::uint64_t id, std::uint64_t message) const;
  void note_message(std::uint64_t id, std::uint64_t message);
  bool put_chunks(rocksdb::WriteBatch& batch, const StoredResponse& part, StoredVariant& variant);
  void forget(std::string_view key, std::uint64_t id);
  StoreResult admit_write();
  StoreResult write_purges();
  StoreResult make_room(std::uint64_t octets);
  StoreResult evict(const DiskIndex::Entry& entry);
  StoreResult evict_for_room(const DiskIndex::Entry& entry);
  bool has_content_of(const StoredVariant& variant, const StoredResponse& response);
  bool give_second_chance(const DiskIndex::Entry& entry);
  bool write_anew(const DiskIndex::Entry& entry, StoredRecord& record, StoredVariant& variant);
  void measure();
  void reclaim_if_needed();  // REQUIRES: `changes_` is not held
  std::size_t remove_key(std::string_view key, StoreResult& result);
  void finish_removals();
  bool restore_entries();
  bool evict_some();
  std::uint64_t used() const { return index_.octets() + open_.load() + unknown_.load(); }

  const RocksdbStoreOptions options_;
  const std::uint64_t seed_ = std::random_device{}() * 0x100000001ULL + std::random_device{}();
  CacheDirectory directory_;  // outlives the database in it
  RocksdbDisk disk_;
  DiskIndex index_;
  const std::shared_ptr<ReadHolds> holds_ = std::make_shared<ReadHolds>();  // tokens may outlive the store
  const std::uint64_t first_id_;
  std::atomic<std::uint64_t> next_id_;

  mutable std::mutex changes_;
  std::string index_cursor_ = queue_key(0);
  std::uint64_t memtable_;                     // octets of one of content, by the budget
  std::uint64_t next_measure_ = 0;             // octets written when the real size is looked at again
  std::uint64_t next_reclaim_ = 0;             // and garbage may be merged away again
  std::uint64_t allowance_;                    // what may be accounted for; the rest of the budget is for garbage
  bool is_shrinking_ = false;                  // a smaller budget is not kept yet
  bool is_over_ = false;                       // the real size was over the budget
  std::set<std::string, std::less<>> purged_;  // keys whose purge the disk did not take yet: they stay invisible
  std::vector<PurgeChange> unwritten_purges_;  // that the disk did not take yet: nothing is stored ahead of them
  std::deque<std::pair<std::uint64_t, std::uint64_t>> messages_;  // store ids of parts and StoredResponse::message
  std::vector<std::uint64_t> abandoned_;                          // ids whose chunks the disk did not let go yet

  std::atomic<std::uint64_t> budget_;
  EvictedKeys evicted_;
  std::atomic<std::uint64_t> evicted_up_to_ = 0;  // the greatest id evicted
  std::atomic<bool> needs_reclaim_ = false;
  std::atomic_flag is_reclaiming_;
  std::atomic<bool> has_purged_ = false;
  std::atomic<bool> index_complete_ = false;
  std::atomic<std::uint64_t> open_ = 0;     // octets of responses being written
  std::atomic<std::uint64_t> unknown_ = 0;  // octets that earlier processes left and the index does not know yet
  std::atomic<std::uint64_t> evictions_ = 0;
  std::atomic<std::uint64_t> stores_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace sluice::cache
