#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include <rocksdb/db.h>

namespace sluice::cache {

// The open RocksDB database of a disk tier and how it is tuned: two column families, `records` (heads, small) and
// `content` (chunks, as blob files), one write-ahead log, memory bounded.
struct RocksdbDatabase {
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* records = nullptr;
  rocksdb::ColumnFamilyHandle* content = nullptr;

  RocksdbDatabase() = default;
  RocksdbDatabase(RocksdbDatabase&& other) noexcept;
  RocksdbDatabase& operator=(RocksdbDatabase&& other) noexcept;
  ~RocksdbDatabase() { close(); }
  void close() noexcept;

  std::uint64_t property(rocksdb::ColumnFamilyHandle* family, const std::string& name) const;
  std::uint64_t octets_on_disk() const;    // all files, also those that only wait to be deleted; logs estimated
  std::uint64_t live_octets() const;       // without what is known to be garbage
  std::uint64_t unflushed_octets() const;  // what only the log and memory have
  bool is_flushing() const;

  // To files what only the log and memory have, behind the caller; the log that held it is deleted then.
  // REQUIRES: the last write of the log did not fail, or a write succeeded since.
  void start_flush();
  void wait_for_flush();  // until it is done or this has taken long; not at all when one ever failed

  // From now on memtables are of that size; what is in one that is larger goes to files, behind the caller.
  void set_memtable(std::uint64_t memtable);

  // Merges away what was removed below the content key `end`, so that files without anything live are deleted. Blocks.
  void reclaim(const std::string& end);
  bool is_stopped() const;                // does RocksDB let nobody write, until a flush has succeeded?
  void retry_flush();                     // REQUIRES: is_stopped(). RocksDB does not try again by itself what failed
  std::uint64_t failures_behind() const;  // flushes and compactions that failed so far
  std::uint64_t files_waiting() const;    // flushed and not compacted; grows only when compaction cannot go on
};

// A memtable and its log are a small part of the budget, also of a small one.
inline std::uint64_t memtable_for(std::uint64_t budget, std::uint64_t most) {
  return std::clamp<std::uint64_t>(budget / 32, 64 << 10, std::max<std::uint64_t>(most, 64 << 10));
}

struct RocksdbTuning {
  std::uint64_t block_cache = 32ULL << 20;
  std::uint64_t memtable = 16ULL << 20;  // of content; two of them, and two of a quarter for records
};

rocksdb::Status open_database(const std::string& path, const RocksdbTuning& tuning, RocksdbDatabase& database);

// Makes a database that does not open openable again, with what can still be read.
rocksdb::Status repair_database(const std::string& path, const RocksdbTuning& tuning);

}  // namespace sluice::cache
