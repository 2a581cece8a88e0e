#include "cache/rocksdb_disk.hpp"

namespace sluice::cache {

std::expected<void, StoreError> RocksdbDisk::write_purges(const PurgeChange& change) {
  rocksdb::WriteBatch batch;
  for (const auto& entry : change.remove) {
    batch.Delete(database_.records, purge_key(entry.scope, entry.name)).PermitUncheckedError();
  }
  for (const auto& entry : change.put) {
    batch.Put(database_.records, purge_key(entry.scope, entry.name), encode_purge(entry)).PermitUncheckedError();
  }
  batch.Put(database_.records, generation_key(), encode_generation(change.generation)).PermitUncheckedError();
  return write(batch, true);
}

KeptPurges RocksdbDisk::read_purges() {
  KeptPurges kept;
  bool is_damaged = false;
  const std::unique_ptr<rocksdb::Iterator> entries(database_.db->NewIterator({}, database_.records));
  for (entries->Seek("p"); entries->Valid() && entries->key().starts_with("p"); entries->Next()) {
    auto entry = decode_purge(entries->key().ToStringView(), entries->value().ToStringView());
    is_damaged = is_damaged || !entry;
    if (entry) { kept.entries.push_back(std::move(*entry)); }
  }
  if (!entries->status().ok()) { is_damaged = true; }
  std::string value;
  const auto status = database_.db->Get({}, database_.records, generation_key(), &value);
  const auto generation = status.ok() ? decode_generation(value) : std::optional<std::uint64_t>{};
  kept.generation = generation.value_or(0);
  for (const auto& entry : kept.entries) { kept.generation = std::max(kept.generation, entry.newest()); }
  if (is_damaged || (!generation && !status.IsNotFound())) {
    count(rocksdb::Status::Corruption());
    // Numbers that were given may be lost, so that what is stored may carry any.
    kept.generation = std::max(kept.generation + 1, kUnknownGeneration);
    kept.entries.push_back({PurgeScope::everything, "", 0, {}, kept.generation});
  }
  return kept;
}

}  // namespace sluice::cache
