#include "cache/rocksdb_store.hpp"

#include <utility>

#include "cache/rocksdb_tier.hpp"

namespace sluice::cache {
namespace {

std::expected<void, std::string> open_or_start_empty(CacheDirectory& directory, const RocksdbTuning& tuning,
                                                     RocksdbDatabase& database, std::vector<std::string>& warnings) {
  const std::string path = directory.path() + "/db";
  const auto opened = open_database(path, tuning, database);
  if (opened.ok()) { return {}; }
  if (!opened.IsCorruption() && !opened.IsInvalidArgument() && !opened.IsNotFound()) {
    return std::unexpected("cannot open the cache in " + directory.path() + ": " + opened.ToString());
  }
  if (repair_database(path, tuning).ok() && open_database(path, tuning, database).ok()) {
    warnings.push_back("the cache in " + directory.path() + " was damaged (" + opened.ToString() +
                       "); it was repaired and may have lost responses");
    return {};
  }
  if (auto aside = directory.set_aside(CacheDirectory::Aside::damaged,
                                       "is damaged beyond repair (" + opened.ToString() + ")", warnings);
      !aside) {
    return aside;
  }
  const auto fresh = open_database(path, tuning, database);
  if (!fresh.ok()) { return std::unexpected("cannot create a cache in " + directory.path() + ": " + fresh.ToString()); }
  return {};
}

}  // namespace

std::expected<std::unique_ptr<Store>, std::string> open_rocksdb_store(const RocksdbStoreOptions& options,
                                                                      std::vector<std::string>* warnings) {
  std::vector<std::string> unasked;
  auto& said = warnings != nullptr ? *warnings : unasked;
  auto directory = CacheDirectory::open(options.directory, said);
  if (!directory) { return std::unexpected(directory.error()); }
  const RocksdbTuning tuning{options.block_cache, memtable_for(options.budget, options.memtable)};
  RocksdbDatabase database;
  if (auto opened = open_or_start_empty(*directory, tuning, database, said); !opened) {
    return std::unexpected(opened.error());
  }
  return std::make_unique<RocksdbTier>(options, std::move(*directory), std::move(database));
}

}  // namespace sluice::cache
