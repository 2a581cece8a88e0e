#pragma once

#include <expected>
#include <memory>
#include <string>

#include "cache/store.hpp"

namespace sluice::cache {

struct RocksdbStoreOptions {
  std::string directory;
  std::uint64_t budget = 10ULL << 30;            // octets on disk
  std::uint64_t largest_response = 1ULL << 30;   // octets of content
  std::uint64_t chunk = 1ULL << 20;              // octets of content a chunk
};

// The disk tier: RocksDB with blob files; a record (all variants' heads of a key) committed after its content chunks;
// checksums verified before content is handed out; old responses evicted to keep the budget.
// Errors: a sentence for the operator (locked by another process, not writable, unknown format set aside).
std::expected<std::unique_ptr<Store>, std::string> open_rocksdb_store(const RocksdbStoreOptions& options);

}  // namespace sluice::cache
