#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "cache/store.hpp"

namespace sluice::cache {

struct RocksdbStoreOptions {
  std::string directory;
  std::uint64_t budget = 10ULL << 30;           // octets on disk
  std::uint64_t largest_response = 1ULL << 30;  // octets of content
  std::uint64_t chunk = 1ULL << 20;             // octets of content a chunk; rounded down to a power of two
  std::uint64_t block_cache = 32ULL << 20;      // octets of memory for index, filter and record blocks
  std::uint64_t memtable = 16ULL << 20;         // octets of memory, twice and a half, before content goes to a file
};

// The disk tier: RocksDB with blob files; a record (all variants' heads of a key) committed after its content chunks;
// checksums verified before content is handed out; old responses evicted to keep the budget.
// Opening does not wait for the index: call build_index_step() from a pool until it returns false.
// Errors: a sentence for the operator (locked by another process, not writable). What cannot be read (an unknown
// format, a database beyond repair) is set aside next to the directory and the store starts empty: `warnings` says so.
std::expected<std::unique_ptr<Store>, std::string> open_rocksdb_store(const RocksdbStoreOptions& options,
                                                                      std::vector<std::string>* warnings = nullptr);

// True when another process holds the directory, which open_rocksdb_store() would refuse for that.
bool is_in_use(const std::string& directory) noexcept;

}  // namespace sluice::cache
