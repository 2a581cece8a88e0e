#include "gateway/open_stores.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "cache/memory_store.hpp"
#include "cache/rocksdb_store.hpp"
#include "gateway/control/say.hpp"
#include "gateway/pipeline/closed_store.hpp"

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

using StorePtr = std::unique_ptr<cache::Store>;

struct OpenedStore {
  std::expected<StorePtr, std::string> store;
  std::vector<std::string> warnings;
};

// What earlier processes purged is in force when this returns, and what this one did while the store was closed.
OpenedStore open_store(const cache::RocksdbStoreOptions& options, pipeline::ClosedStore& closed,
                       cache::PurgeTable& purges) {
  OpenedStore opened;
  opened.store = cache::open_rocksdb_store(options, &opened.warnings);
  if (!opened.store) { return opened; }
  auto& store = **opened.store;
  auto kept = store.kept_purges();
  if (closed.is_all_purged()) {
    opened.warnings.emplace_back("what was stored on disk is gone: there were purges while the disk tier was off");
    kept.entries.push_back({cache::PurgeScope::everything, "", 0, {}, ++kept.generation});
  }
  purges.join(std::move(kept), [&](const cache::PurgeChange& change) {
    const bool is_kept = store.keep_purges(change).has_value();
    closed.hand_over(store, is_kept);
  });
  return opened;
}

void say_all(const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings) { say("cache: " + warning); }
}

// Tries to open the store now and then; for a DiskTier that holds `closed`.
class Reopening {
 public:
  Reopening(cache::RocksdbStoreOptions options, pipeline::ClosedStore& closed, cache::PurgeTable& purges)
      : options_(std::move(options)), closed_(closed), purges_(purges) {}

  StorePtr operator()() {
    if (++calls_ % kEvery != 0) { return nullptr; }
    options_.budget = closed_.stats().budget;
    auto opened = open_store(options_, closed_, purges_);
    if (!opened.store) { return nullptr; }
    say_all(opened.warnings);
    say("cache: the disk tier in " + options_.directory + " is open again");
    return std::move(*opened.store);
  }

 private:
  static constexpr unsigned kEvery = 3;  // calls, one a second
  cache::RocksdbStoreOptions options_;
  pipeline::ClosedStore& closed_;
  cache::PurgeTable& purges_;
  unsigned calls_ = 0;
};

// For a DiskTier of which more was to be removed than it remembers.
auto purge_all_in(cache::PurgeTable& purges) {
  return [&purges](cache::Store& store) {
    say("cache: the disk did not keep up with what is to be removed from it; all that is stored counts as purged");
    purges.add(cache::PurgeScope::everything, "", true, coarse_unix_now(), [&store](const cache::PurgeChange& change) {
      [[maybe_unused]] const auto tried_again = store.keep_purges(change);
    });
  };
}

std::unique_ptr<pipeline::DiskTier> disk_tier(const config::Cache& cache, const std::string& directory,
                                              std::unique_ptr<pipeline::ClosedStore> closed,
                                              cache::PurgeTable& purges) {
  cache::RocksdbStoreOptions options;
  options.directory = directory;
  options.budget = cache.disk;
  options.largest_response = cache.disk_largest;
  auto opened = open_store(options, *closed, purges);
  say_all(opened.warnings);
  if (opened.store) {
    return std::make_unique<pipeline::DiskTier>(std::move(*opened.store), pipeline::DiskTier::Open{},
                                                purge_all_in(purges));
  }
  if (cache::is_in_use(options.directory)) { throw std::runtime_error("cache: " + opened.store.error()); }
  // A cache that cannot be opened is no reason to serve nobody.
  say("cache: " + opened.store.error());
  say("cache: going on in memory only; it is tried again every few seconds");
  Reopening reopening(std::move(options), *closed, purges);
  return std::make_unique<pipeline::DiskTier>(std::move(closed), std::move(reopening), purge_all_in(purges));
}

// What an earlier process stored stays where it is, and must not come back as if nothing had been purged meanwhile.
bool has_stored(const std::string& directory) {
  std::error_code failed;
  return std::filesystem::exists(directory + "/FORMAT", failed);
}

}  // namespace

Stores open_stores(const config::Cache& cache, const std::string& directory, cache::PurgeTable& purges) {
  Stores stores;
  stores.memory = cache::make_memory_store({cache.memory, cache.memory_largest, kShards});
  if (cache.enabled) { stores.content = content_memory(cache.memory); }
  const bool has_disk = cache.enabled && cache.disk != 0;
  if (!has_disk && !has_stored(directory)) { return stores; }
  auto closed = std::make_unique<pipeline::ClosedStore>(directory + ".purged", cache.disk);
  stores.disk = has_disk ? disk_tier(cache, directory, std::move(closed), purges)
                         : std::make_unique<pipeline::DiskTier>(std::move(closed), pipeline::DiskTier::Open{},
                                                                purge_all_in(purges));
  return stores;
}

}  // namespace sluice
