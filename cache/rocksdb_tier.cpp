#include "cache/rocksdb_tier.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sluice::cache {
namespace {

std::uint64_t chunk_logarithm(std::uint64_t chunk) {
  return static_cast<std::uint64_t>(std::bit_width(std::clamp<std::uint64_t>(chunk, 1, 1ULL << 30)) - 1);
}

}  // namespace

RocksdbTier::RocksdbTier(const RocksdbStoreOptions& options, CacheDirectory directory, RocksdbDatabase database)
    : options_(options),
      directory_(std::move(directory)),
      disk_(std::move(database)),
      first_id_(first_store_id(directory_.epoch())),
      next_id_(first_id_ + (1ULL << kChunkBits) + chunk_logarithm(options.chunk)),
      allowance_(options.budget - options.budget / 16 - std::min(options.budget / 4, 6 * options.memtable)) {
  rocksdb::WriteBatch batch;
  for (const auto id : disk_.unfinished_ids()) {
    disk_.remove_response(batch, id, std::nullopt);
    disk_.unmark_writing(batch, id);
  }
  if (batch.Count() != 0 && !disk_.write(batch)) { return; }  // the marks stay for the next opening
  unknown_ = disk_.database().live_octets();
}

StoreStats RocksdbTier::stats() const {
  return {.responses = index_.size(),
          .octets = used(),
          .budget = options_.budget,
          .evictions = evictions_,
          .stores = stores_,
          .refused = refused_,
          .errors = disk_.errors()};
}

}  // namespace sluice::cache
