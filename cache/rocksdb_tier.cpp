#include "cache/rocksdb_tier.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sluice::cache {
namespace {

std::uint64_t chunk_logarithm(std::uint64_t chunk) {
  return static_cast<std::uint64_t>(std::bit_width(std::clamp<std::uint64_t>(chunk, 1, 1ULL << 30)) - 1);
}

// Room for garbage, and for what is in memtables and logs as well as in files.
std::uint64_t allowance_of(std::uint64_t budget, std::uint64_t memtable) {
  return budget - budget / 16 - std::min(budget / 4, 6 * memtable);
}

// What a start may read again: a few milliseconds' worth. A file for less is not worth it, the less so the more there
// are.
std::uint64_t most_log(std::uint64_t budget) {
  return std::clamp<std::uint64_t>(budget / 8192, 1 << 20, 4 << 20);
}

// 0.02 % of the budget in memory at most: a cache of a million small responses remembers as many.
std::size_t evicted_keys_for(std::uint64_t budget) {
  constexpr std::uint64_t kOctetsPerKey = 16ULL << 10;
  return std::clamp<std::uint64_t>(budget / kOctetsPerKey, 1 << 10, 1 << 20);
}

}  // namespace

RocksdbTier::RocksdbTier(const RocksdbStoreOptions& options, CacheDirectory directory, RocksdbDatabase database)
    : options_(options),
      directory_(std::move(directory)),
      disk_(std::move(database)),
      first_id_(first_store_id(directory_.epoch())),
      next_id_(first_id_ + (1ULL << kChunkBits) + chunk_logarithm(options.chunk)),
      memtable_(memtable_for(options.budget, options.memtable)),
      allowance_(allowance_of(options.budget, memtable_)),
      budget_(options.budget),
      evicted_(evicted_keys_for(options.budget)) {
  rocksdb::WriteBatch batch;
  for (const auto id : disk_.unfinished_ids()) {
    disk_.remove_response(batch, id, std::nullopt);
    disk_.unmark_writing(batch, id);
  }
  if (batch.Count() != 0 && !disk_.write(batch)) { return; }  // the marks stay for the next opening
  unknown_ = disk_.database().live_octets();
}

RocksdbTier::~RocksdbTier() {
  disk_.database().wait_for_flush();
  shorten_log();
  disk_.database().wait_for_flush();
}

void RocksdbTier::shorten_log() {
  disk_.shorten_log(most_log(budget_));
}

void RocksdbTier::set_budget(std::uint64_t octets) {
  const Lock lock(changes_);
  budget_ = octets;
  memtable_ = memtable_for(octets, options_.memtable);
  disk_.set_memtable(memtable_);
  allowance_ = allowance_of(octets, memtable_);
  is_shrinking_ = used() > allowance_;
  next_measure_ = 0;
}

StoreStats RocksdbTier::stats() const {
  return {.responses = index_.size(),
          .octets = used(),
          .budget = budget_,
          .evictions = evictions_,
          .stores = stores_,
          .refused = refused_,
          .errors = disk_.errors(),
          .too_slow = disk_.too_slow()};
}

}  // namespace sluice::cache
