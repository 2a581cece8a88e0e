#include "gateway/open_stores.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "cache/memory_store.hpp"
#include "cache/rocksdb_store.hpp"
#include "gateway/control/say.hpp"

namespace sluice {

namespace {

using control::say;

constexpr unsigned kShards = 16;

// Address space for content, with room for a budget that grows on reload and for blocks that leave gaps.
constexpr std::uint64_t kReservePerBudget = 4;
constexpr std::uint64_t kLeastReserve = 4ULL << 30;

std::shared_ptr<cache::ContentMemory> content_memory(std::uint64_t budget) {
  auto memory = cache::ContentMemory::make(std::max(budget * kReservePerBudget, kLeastReserve));
  if (memory) { return std::move(*memory); }
  say("cache: large content is copied when it is sent: no memory file: " + memory.error().message());
  return nullptr;
}

std::unique_ptr<pipeline::DiskTier> disk_tier(const config::Cache& cache, const std::string& directory,
                                              cache::PurgeTable& purges) {
  cache::RocksdbStoreOptions options;
  options.directory = directory;
  options.budget = cache.disk;
  options.largest_response = cache.disk_largest;
  std::vector<std::string> warnings;
  auto store = cache::open_rocksdb_store(options, &warnings);
  for (const auto& warning : warnings) { say("cache: " + warning); }
  if (!store && cache::is_in_use(options.directory)) { throw std::runtime_error("cache: " + store.error()); }
  if (!store) {
    // A cache that cannot be opened is no reason to serve nobody.
    say("cache: " + store.error());
    say("cache: going on in memory only; free space or mend the directory and restart, or set cache.disk to 0");
    return nullptr;
  }
  purges.restore((*store)->kept_purges());
  return std::make_unique<pipeline::DiskTier>(std::move(*store));
}

}  // namespace

Stores open_stores(const config::Cache& cache, const std::string& directory, cache::PurgeTable& purges) {
  Stores stores;
  stores.memory = cache::make_memory_store({cache.memory, cache.memory_largest, kShards});
  if (!cache.enabled) { return stores; }
  stores.content = content_memory(cache.memory);
  if (cache.disk != 0) { stores.disk = disk_tier(cache, directory, purges); }
  return stores;
}

}  // namespace sluice
