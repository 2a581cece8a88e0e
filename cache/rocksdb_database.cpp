#include "cache/rocksdb_database.hpp"

#include <algorithm>
#include <cstdarg>
#include <utility>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "cache/crc32c.hpp"

// RocksDB's own function of that name, taken the place of when the program is loaded: Debian builds RocksDB for any
// x86-64, so that it computes each checksum by a table, twice for every octet stored and once more for what the log
// held at a start (docs/decisions/0019). Where this one is not found, RocksDB goes on with its own.
namespace rocksdb::crc32c {
std::uint32_t Extend(std::uint32_t crc, const char* octets, std::size_t size);
std::uint32_t Extend(std::uint32_t crc, const char* octets, std::size_t size) {
  return sluice::cache::crc32c({octets, size}, crc);
}
}  // namespace rocksdb::crc32c

namespace sluice::cache {
namespace {

// RocksDB's account of itself goes nowhere: it is written without a check, and a full disk would end the process at the
// second line. What goes wrong is in the status of each call, and told by the owner of the store.
class NoAccount final : public rocksdb::Logger {
 public:
  NoAccount() : Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char* /*format*/, std::va_list /*words*/) override {}
};

constexpr int kMostMemtables = 2;     // of a column family
constexpr int kNeverStall = 1 << 20;  // the store refuses before RocksDB would make a writer wait

rocksdb::DBOptions database_options(const RocksdbTuning& tuning) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // A flipped page costs what it held and nothing else: opening goes on, the checksums of each record and chunk decide.
  // Nor does a log that a power cut tore hide what is in the next one: a purge, say, that was synced there.
  options.paranoid_checks = false;
  // What follows a torn record of the log is given up, as recent stores may be. (kSkipAnyCorruptedRecords of
  // RocksDB 7.8 can loop for ever over a log that a full disk tore.)
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.atomic_flush = true;  // a record never reaches its file before its chunks do
  options.max_open_files = 256;
  // The start waits for no more than it must: one thread opens the few files, what is obsolete is deleted behind it,
  // and what the log held goes to files behind it as well (shorten_log).
  options.max_file_opening_threads = 1;
  options.avoid_unnecessary_blocking_io = true;
  options.avoid_flush_during_recovery = true;
  options.max_background_jobs = 2;
  options.max_subcompactions = 1;
  options.bytes_per_sync = 1 << 20;
  options.wal_bytes_per_sync = 1 << 20;
  options.skip_stats_update_on_db_open = true;
  options.skip_checking_sst_file_sizes_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log = std::make_shared<NoAccount>();
  // The manifest and the one that takes its place are within the budget too, also within a small one; on a disk with
  // little room, the rest is for what follows them.
  options.max_manifest_file_size = std::clamp<std::uint64_t>(tuning.memtable / 4, 64 << 10, 4 << 20);
  options.manifest_preallocation_size = 64 << 10;
  return options;
}

// What a memtable takes at a time. RocksDB ends the process when the first of it already fills the memtable.
std::uint64_t arena_block(std::uint64_t memtable) {
  return std::min<std::uint64_t>(memtable / 8, 1 << 20);
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache, std::uint64_t memtable) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = memtable;
  options.arena_block_size = arena_block(memtable);
  options.max_write_buffer_number = kMostMemtables;
  options.compression = rocksdb::kNoCompression;
  options.level0_file_num_compaction_trigger = 8;  // filters make more files cheap to look into; merging is not
  options.level0_slowdown_writes_trigger = kNeverStall;
  options.level0_stop_writes_trigger = kNeverStall;
  options.soft_pending_compaction_bytes_limit = 0;
  options.hard_pending_compaction_bytes_limit = 0;
  return options;
}

std::uint64_t records_memtable(std::uint64_t memtable) {
  return std::max<std::uint64_t>(memtable / 4, 64 << 10);
}

rocksdb::ColumnFamilyOptions records_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                             const RocksdbTuning& tuning) {
  auto options = family_options(cache, records_memtable(tuning.memtable));
  const auto built_in = rocksdb::GetSupportedCompressions();
  if (std::ranges::find(built_in, rocksdb::kLZ4Compression) != built_in.end()) {
    options.compression = rocksdb::kLZ4Compression;
  }
  return options;
}

rocksdb::ColumnFamilyOptions content_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                             const RocksdbTuning& tuning) {
  auto options = family_options(cache, tuning.memtable);
  options.enable_blob_files = true;
  options.min_blob_size = 256;  // so that compaction moves references, hardly ever content
  options.blob_file_size = 32ULL << 20;
  // No blob garbage collection: responses leave in the order they came, and the store itself writes those anew that
  // stay for a second round, so that each blob file in turn holds nothing but garbage and is deleted whole.
  options.enable_blob_garbage_collection = false;
  options.target_file_size_base = 8 << 20;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families(const RocksdbTuning& tuning) {
  const auto cache = rocksdb::NewLRUCache(tuning.block_cache, 4, false, 0.3);
  return {{rocksdb::kDefaultColumnFamilyName, records_options(cache, tuning)},
          {"content", content_options(cache, tuning)}};
}

}  // namespace

RocksdbDatabase::RocksdbDatabase(RocksdbDatabase&& other) noexcept
    : db(std::move(other.db)),
      records(std::exchange(other.records, nullptr)),
      content(std::exchange(other.content, nullptr)) {}

RocksdbDatabase& RocksdbDatabase::operator=(RocksdbDatabase&& other) noexcept {
  std::swap(db, other.db);
  std::swap(records, other.records);
  std::swap(content, other.content);
  return *this;
}

void RocksdbDatabase::close() noexcept {
  if (db == nullptr) { return; }
  for (auto* family : {std::exchange(records, nullptr), std::exchange(content, nullptr)}) {
    if (family != nullptr) { db->DestroyColumnFamilyHandle(family).PermitUncheckedError(); }
  }
  db->Close().PermitUncheckedError();
  db.reset();
}

std::uint64_t RocksdbDatabase::property(rocksdb::ColumnFamilyHandle* family, const std::string& name) const {
  std::uint64_t value = 0;
  return db->GetIntProperty(family, name, &value) ? value : 0;
}

std::uint64_t RocksdbDatabase::octets_on_disk() const {
  std::vector<std::string> files;
  std::uint64_t octets = 0;  // of the manifest, whose size follows the budget at the opening
  db->GetLiveFiles(files, &octets, false).PermitUncheckedError();
  for (auto* family : {records, content}) {
    octets += property(family, rocksdb::DB::Properties::kTotalSstFilesSize);
    octets += property(family, rocksdb::DB::Properties::kTotalBlobFileSize);
    octets += property(family, rocksdb::DB::Properties::kCurSizeAllMemTables);  // about what the log holds
  }
  return octets;
}

std::uint64_t RocksdbDatabase::live_octets() const {
  std::uint64_t octets = 0;
  for (auto* family : {records, content}) {
    octets += property(family, rocksdb::DB::Properties::kLiveSstFilesSize);
    octets += property(family, rocksdb::DB::Properties::kLiveBlobFileSize);
    octets -= std::min(octets, property(family, rocksdb::DB::Properties::kLiveBlobFileGarbageSize));
    octets += property(family, rocksdb::DB::Properties::kCurSizeAllMemTables);
  }
  return octets;
}

void RocksdbDatabase::start_flush() {
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  db->Flush(options, {records, content}).PermitUncheckedError();  // what fails is counted by failures_behind()
}

// While RocksDB lets nobody write it starts no flush either: for this moment it may have more memtables. (That the
// options cannot be written down on a full disk does not matter.)
void RocksdbDatabase::retry_flush() {
  const auto set_most = [this](int most) {
    for (auto* family : {records, content}) {
      db->SetOptions(family, {{"max_write_buffer_number", std::to_string(most)}}).PermitUncheckedError();
    }
  };
  set_most(1000);
  start_flush();  // whether it helps is seen by is_stopped()
  set_most(kMostMemtables);
}

bool RocksdbDatabase::is_stopped() const {
  return property(records, rocksdb::DB::Properties::kIsWriteStopped) != 0;
}

std::uint64_t RocksdbDatabase::failures_behind() const {
  return property(records, rocksdb::DB::Properties::kBackgroundErrors);
}

std::uint64_t RocksdbDatabase::files_waiting() const {
  std::string text;
  if (!db->GetProperty(content, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &text)) { return 0; }
  return std::strtoull(text.c_str(), nullptr, 10);
}

std::uint64_t RocksdbDatabase::unflushed_octets() const {
  return property(records, rocksdb::DB::Properties::kCurSizeActiveMemTable) +
         property(content, rocksdb::DB::Properties::kCurSizeActiveMemTable);
}

bool RocksdbDatabase::is_flushing() const {
  return property(records, rocksdb::DB::Properties::kNumImmutableMemTable) != 0 ||
         property(content, rocksdb::DB::Properties::kNumImmutableMemTable) != 0;
}

// Not by FlushOptions::wait, which waits for ever when the disk is full.
void RocksdbDatabase::wait_for_flush() {
  constexpr int kMostWaits = 10'000;
  constexpr int kMicroseconds = 1000;
  for (int waits = 0; is_flushing() && waits < kMostWaits; ++waits) {
    if (failures_behind() != 0) { return; }
    rocksdb::Env::Default()->SleepForMicroseconds(kMicroseconds);
  }
}

// That the options cannot be written down on a full disk does not matter.
void RocksdbDatabase::set_memtable(std::uint64_t memtable) {
  const auto set = [this](rocksdb::ColumnFamilyHandle* family, std::uint64_t size) {
    db->SetOptions(family, {{"write_buffer_size", std::to_string(size)},
                            {"arena_block_size", std::to_string(arena_block(size))}})
        .PermitUncheckedError();
  };
  set(records, records_memtable(memtable));
  set(content, memtable);
}

void RocksdbDatabase::reclaim(const std::string& end) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  const rocksdb::Slice last(end);
  db->CompactRange(options, content, nullptr, &last).PermitUncheckedError();  // the next look at the size tells
}

rocksdb::Status open_database(const std::string& path, const RocksdbTuning& tuning, RocksdbDatabase& database) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  auto status = rocksdb::DB::Open(database_options(tuning), path, families(tuning), &handles, &db);
  if (!status.ok()) { return status; }
  database.close();
  database.db.reset(db);
  database.records = handles.at(0);
  database.content = handles.at(1);
  return status;
}

rocksdb::Status repair_database(const std::string& path, const RocksdbTuning& tuning) {
  return rocksdb::RepairDB(path, database_options(tuning), families(tuning));
}

}  // namespace sluice::cache
