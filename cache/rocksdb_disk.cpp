#include "cache/rocksdb_disk.hpp"

#include <algorithm>
#include <utility>

#include <rocksdb/env.h>

#include "cache/crc32c.hpp"

namespace sluice::cache {
namespace {

constexpr std::size_t kChecksum = 4;
constexpr std::uint64_t kMostPointRemovals = 32;   // beyond that one range is cheaper, for later reads too
constexpr std::size_t kLeastPinned = 64ULL << 10;  // smaller chunks are copied out of the block cache

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

StoreError to_store_error(const rocksdb::Status& status) {
  if (status.IsCorruption()) { return StoreError::damaged; }
  if (status.IsNoSpace() || status.IsIncomplete() || status.subcode() == rocksdb::Status::kNoSpace) {
    return StoreError::no_space;
  }
  return StoreError::store_failed;
}

Segment copy_of(std::string_view octets) {
  std::shared_ptr<char[]> memory(new char[octets.size()]);
  octets.copy(memory.get(), octets.size());
  const char* data = memory.get();
  return {std::move(memory), data, octets.size()};
}

// A large value lies in a blob file or the memtable, never in the block cache: what it was read into may outlive the
// database and is handed out as it is.
Segment segment_of(std::unique_ptr<rocksdb::PinnableSlice> value, std::size_t skip) {
  const std::string_view octets = value->ToStringView().substr(skip);
  if (octets.size() < kLeastPinned) { return copy_of(octets); }
  const std::shared_ptr<rocksdb::PinnableSlice> holder(std::move(value));
  return {std::shared_ptr<const char[]>(holder, octets.data()), octets.data(), octets.size()};
}

}  // namespace

StoreError RocksdbDisk::count(const rocksdb::Status& status) {
  errors_.fetch_add(1, std::memory_order_relaxed);
  return to_store_error(status);
}

std::expected<std::optional<StoredRecord>, StoreError> RocksdbDisk::read_record(std::string_view key) {
  rocksdb::PinnableSlice value;
  const auto status = database_.db->Get({}, database_.records, record_key(key), &value);
  if (status.IsNotFound()) { return std::nullopt; }
  if (!status.ok()) { return std::unexpected(count(status)); }
  auto record = decode_record(value.ToStringView());
  if (!record || record->key != key) { return std::unexpected(count(rocksdb::Status::Corruption())); }
  return std::move(*record);
}

std::expected<Segment, StoreError> RocksdbDisk::read_chunk(std::uint64_t id, std::uint32_t number, std::uint64_t size) {
  const auto key = chunk_key(id, number);
  auto value = std::make_unique<rocksdb::PinnableSlice>();
  const auto status = database_.db->Get({}, database_.content, key, value.get());
  if (status.IsNotFound()) { return std::unexpected(StoreError::gone); }
  if (!status.ok()) { return std::unexpected(count(status)); }
  OctetReader reader(value->ToStringView());
  const auto stated = reader.u32();
  if (reader.failed() || reader.rest().size() != size || stated != checksum_of(key, reader.rest())) {
    return std::unexpected(count(rocksdb::Status::Corruption()));
  }
  return segment_of(std::move(value), kChecksum);
}

std::string RocksdbDisk::read_owner(std::uint64_t id) {
  rocksdb::PinnableSlice value;
  const auto status = database_.db->Get({}, database_.records, queue_key(id), &value);
  if (!status.ok()) {
    if (!status.IsNotFound()) { count(status); }
    return {};
  }
  return std::string(decode_queue_entry(id, value.ToStringView()).key);
}

// RocksDB holds a writer up while both memtables wait to reach the disk, and for ever when the disk is full. Here the
// writer, a pool thread, is held up for a moment at most, and not at all while the disk is known to fail.
rocksdb::Status RocksdbDisk::write_unless_stuck(rocksdb::WriteBatch& batch, bool synced) {
  constexpr int kMostWaits = 100;
  rocksdb::WriteOptions options;
  options.no_slowdown = true;
  options.sync = synced;
  auto status = database_.db->Write(options, &batch);
  for (int waits = 0; status.IsIncomplete() && waits < kMostWaits && gate_.is_open(); ++waits) {
    rocksdb::Env::Default()->SleepForMicroseconds(2000);
    status = database_.db->Write(options, &batch);
  }
  return status;
}

// A writer is also told to wait when the files for what was written before cannot be made, as on a full disk.
bool RocksdbDisk::has_failed_behind() const {
  return database_.failures_behind() != failures_behind_.load(std::memory_order_relaxed);
}

StoreError RocksdbDisk::fail() {
  gate_.failed(count(rocksdb::Status::IOError()));
  return gate_.last_error();
}

// A write that failed half-way left a torn record in the log, and what follows it would be lost with a kill -9.
void RocksdbDisk::start_new_log() {
  database_.start_flush();
}

void RocksdbDisk::shorten_log(std::uint64_t most) {
  if (!gate_.is_open() || database_.is_flushing() || database_.unflushed_octets() <= most) { return; }
  database_.start_flush();
}

void RocksdbDisk::set_memtable(std::uint64_t memtable) {
  database_.set_memtable(memtable);
  if (gate_.is_open()) { database_.start_flush(); }
}

// No sync for responses: after kill -9 the page cache still has the log; a power cut may lose the last moments and
// nothing else.
std::expected<void, StoreError> RocksdbDisk::write(rocksdb::WriteBatch& batch) {
  return write(batch, false);
}

std::expected<void, StoreError> RocksdbDisk::write(rocksdb::WriteBatch& batch, bool synced) {
  const auto status = write_unless_stuck(batch, synced);
  if (status.ok()) {
    octets_written_.fetch_add(batch.GetDataSize(), std::memory_order_relaxed);
    if (!gate_.is_open()) { start_new_log(); }
    gate_.succeeded();
    failures_behind_.store(database_.failures_behind(), std::memory_order_relaxed);
    return {};
  }
  if (status.IsIncomplete() && !has_failed_behind()) {
    too_slow_.fetch_add(1, std::memory_order_relaxed);
    return std::unexpected(StoreError::too_slow);
  }
  const auto error = count(status);
  gate_.failed(error == StoreError::damaged ? StoreError::store_failed : error);
  return std::unexpected(gate_.last_error());
}

// When it did not help, the write that follows says so. While the log cannot be written nothing is flushed: that would
// touch the log, and RocksDB ends the process when it finds one that failed before.
void RocksdbDisk::resume() {
  constexpr int kMostWaits = 250;
  database_.db->Resume().PermitUncheckedError();
  if (!database_.is_stopped()) { return; }
  database_.retry_flush();
  for (int waits = 0; waits < kMostWaits && database_.is_stopped(); ++waits) {
    rocksdb::Env::Default()->SleepForMicroseconds(2000);
  }
}

std::expected<void, StoreError> RocksdbDisk::probe() {
  static const std::string kLog(32 << 10, '\0');  // goes to the log and nowhere else
  rocksdb::WriteBatch batch;
  batch.PutLogData(kLog).PermitUncheckedError();
  batch.Delete(database_.records, trial_key()).PermitUncheckedError();
  return write(batch);
}

void RocksdbDisk::put_record(rocksdb::WriteBatch& batch, const StoredRecord& record) {
  if (record.variants.empty()) { return remove_record(batch, record.key); }
  batch.Put(database_.records, record_key(record.key), encode_record(record)).PermitUncheckedError();
}

void RocksdbDisk::put_chunk(rocksdb::WriteBatch& batch, std::uint64_t id, std::uint32_t number,
                            const std::vector<Segment>& octets) {
  const auto key = chunk_key(id, number);
  auto checksum = checksum_of(key, {});
  for (const auto& segment : octets) { checksum = crc32c(segment.view(), checksum); }
  std::string prefix;
  append_u32(checksum, prefix);
  std::vector<rocksdb::Slice> parts{slice(prefix)};
  for (const auto& segment : octets) { parts.push_back(slice(segment.view())); }
  const rocksdb::Slice key_part = slice(key);
  batch
      .Put(database_.content, rocksdb::SliceParts(&key_part, 1),
           rocksdb::SliceParts(parts.data(), static_cast<int>(parts.size())))
      .PermitUncheckedError();
}

void RocksdbDisk::put_owner(rocksdb::WriteBatch& batch, std::uint64_t id, std::uint64_t octets, std::string_view key) {
  batch.Put(database_.records, queue_key(id), encode_queue_entry(id, octets, key)).PermitUncheckedError();
}

void RocksdbDisk::mark_writing(rocksdb::WriteBatch& batch, std::uint64_t id) {
  batch.Put(database_.records, writing_key(id), "").PermitUncheckedError();
}

void RocksdbDisk::unmark_writing(rocksdb::WriteBatch& batch, std::uint64_t id) {
  batch.Delete(database_.records, writing_key(id)).PermitUncheckedError();
}

void RocksdbDisk::remove_record(rocksdb::WriteBatch& batch, std::string_view key) {
  batch.Delete(database_.records, record_key(key)).PermitUncheckedError();
}

void RocksdbDisk::remove_response(rocksdb::WriteBatch& batch, std::uint64_t id,
                                  std::optional<std::uint64_t> content_length) {
  batch.Delete(database_.records, queue_key(id)).PermitUncheckedError();
  const auto chunks = content_length ? chunk_count(id, *content_length) : kMostPointRemovals + 1;
  if (chunks > kMostPointRemovals) {
    batch.DeleteRange(database_.content, chunk_key(id, 0), chunk_key(id, UINT32_MAX)).PermitUncheckedError();
    return;
  }
  for (std::uint32_t number = 0; number < chunks; ++number) {
    batch.Delete(database_.content, chunk_key(id, number)).PermitUncheckedError();
  }
}

void RocksdbDisk::leave_content(rocksdb::WriteBatch& batch, std::uint64_t id) {
  batch.Delete(database_.records, queue_key(id)).PermitUncheckedError();
  mark_writing(batch, id);
}

bool RocksdbDisk::read_owners(std::string& from, std::uint64_t end, std::size_t most, std::vector<Owned>& out) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::string bound = queue_key(end);
  const rocksdb::Slice upper = slice(bound);
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> entries(database_.db->NewIterator(options, database_.records));
  for (entries->Seek(from); entries->Valid() && out.size() < most; entries->Next()) {
    const auto id = id_of_key(entries->key().ToStringView());
    const auto entry = decode_queue_entry(id, entries->value().ToStringView());
    out.push_back({id, entry.octets, std::string(entry.key)});
    from = entries->key().ToString() + '\0';
  }
  if (!entries->status().ok()) { count(entries->status()); }
  return entries->status().ok();
}

std::string RocksdbDisk::read_records(std::string_view prefix, std::string_view from, std::size_t most,
                                      std::vector<StoredRecord>& out) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const auto front = record_key(prefix);
  const std::unique_ptr<rocksdb::Iterator> records(database_.db->NewIterator(options, database_.records));
  std::size_t seen = 0;
  for (records->Seek(record_key(std::max(prefix, from))); records->Valid() && records->key().starts_with(front);
       records->Next()) {
    const auto key = records->key().ToStringView().substr(1);
    if (seen++ == most) { return std::string(key); }
    auto record = decode_record(records->value().ToStringView());
    if (record && record->key == key) { out.push_back(std::move(*record)); }
  }
  if (!records->status().ok()) { count(records->status()); }
  return {};
}

std::vector<std::uint64_t> RocksdbDisk::unfinished_ids() {
  std::vector<std::uint64_t> ids;
  const std::unique_ptr<rocksdb::Iterator> marks(database_.db->NewIterator({}, database_.records));
  for (marks->Seek("w"); marks->Valid() && marks->key().starts_with("w"); marks->Next()) {
    ids.push_back(id_of_key(marks->key().ToStringView()));
  }
  if (!marks->status().ok()) { count(marks->status()); }
  return ids;
}

}  // namespace sluice::cache
