#pragma once

#include <atomic>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/rocksdb_database.hpp"
#include "cache/rocksdb_keys.hpp"
#include "cache/store.hpp"
#include "cache/write_gate.hpp"

namespace sluice::cache {

// Reads and writes of the disk tier in its own terms (records, chunks, queue entries), every octet read verified.
// Thread: any. Errors are counted here, once.
class RocksdbDisk {
 public:
  explicit RocksdbDisk(RocksdbDatabase database) : database_(std::move(database)) {}

  // Null when there is none. `damaged` when there is one that cannot be read.
  std::expected<std::optional<StoredRecord>, StoreError> read_record(std::string_view key);
  // Errors: gone (not there), damaged, store_failed.
  std::expected<Segment, StoreError> read_chunk(std::uint64_t id, std::uint32_t number, std::uint64_t size);
  // The cache key that owns the id; "" when that cannot be told any more.
  std::string read_owner(std::uint64_t id);

  // Writes one batch and tells the gate how that went. Asking the gate first is the caller's part.
  std::expected<void, StoreError> write(rocksdb::WriteBatch& batch);

  // After a failure: has RocksDB try again what it could not make files of, and waits for that, a moment at most.
  void resume();
  // A write that changes nothing, as long as those that follow may be: does the disk work again?
  std::expected<void, StoreError> probe();
  // A file beside the database could not be written: counts as a failed write of it.
  StoreError fail();
  // To files, behind the caller, when the log holds more than that. Nothing while the disk is known to fail.
  void shorten_log(std::uint64_t most);

  // By the budget. What a larger memtable holds goes to files, behind the caller, as long as the disk works.
  void set_memtable(std::uint64_t memtable);

  // Synced: a purge survives a power cut as well.
  std::expected<void, StoreError> write_purges(const PurgeChange& change);
  // A purge that cannot be read any more counts as a hard one of all that is stored.
  KeptPurges read_purges();

  // Parts of a batch.
  void put_record(rocksdb::WriteBatch& batch, const StoredRecord& record);  // removes it when it has no variant left
  void put_chunk(rocksdb::WriteBatch& batch, std::uint64_t id, std::uint32_t number,
                 const std::vector<Segment>& octets);
  void put_owner(rocksdb::WriteBatch& batch, std::uint64_t id, std::uint64_t octets, std::string_view key);
  void mark_writing(rocksdb::WriteBatch& batch, std::uint64_t id);
  void unmark_writing(rocksdb::WriteBatch& batch, std::uint64_t id);
  void remove_record(rocksdb::WriteBatch& batch, std::string_view key);
  // The queue entry and all chunks.
  void remove_response(rocksdb::WriteBatch& batch, std::uint64_t id, std::optional<std::uint64_t> content_length);

  // The queue entry only; the content goes at the next opening at the latest.
  void leave_content(rocksdb::WriteBatch& batch, std::uint64_t id);

  // Up to `most` records whose keys begin with `prefix`, from the key `from` on; those that cannot be read are left
  // out. Returns the key to go on at, "" at the end.
  std::string read_records(std::string_view prefix, std::string_view from, std::size_t most,
                           std::vector<StoredRecord>& out);

  // Up to `most` queue entries from the key `from` on, below the id `end`; false when the disk could not be read on.
  struct Owned {
    std::uint64_t id = 0;
    std::uint64_t octets = 0;
    std::string key;
  };
  bool read_owners(std::string& from, std::uint64_t end, std::size_t most, std::vector<Owned>& out);
  std::vector<std::uint64_t> unfinished_ids();

  RocksdbDatabase& database() noexcept { return database_; }
  WriteGate& gate() noexcept { return gate_; }
  std::uint64_t errors() const noexcept { return errors_.load(std::memory_order_relaxed); }
  std::uint64_t too_slow() const noexcept { return too_slow_.load(std::memory_order_relaxed); }
  std::uint64_t octets_written() const noexcept { return octets_written_.load(std::memory_order_relaxed); }

 private:
  std::expected<void, StoreError> write(rocksdb::WriteBatch& batch, bool synced);
  rocksdb::Status write_unless_stuck(rocksdb::WriteBatch& batch, bool synced);
  bool has_failed_behind() const;
  void start_new_log();
  StoreError count(const rocksdb::Status& status);

  RocksdbDatabase database_;
  WriteGate gate_;
  std::atomic<std::uint64_t> errors_ = 0;
  std::atomic<std::uint64_t> too_slow_ = 0;
  std::atomic<std::uint64_t> failures_behind_ = 0;  // as of the last write that succeeded
  std::atomic<std::uint64_t> octets_written_ = 0;
};

}  // namespace sluice::cache
