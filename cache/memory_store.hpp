#pragma once

#include <memory>

#include "cache/store.hpp"

namespace sluice::cache {

struct MemoryStoreOptions {
  std::uint64_t budget = 256ULL << 20;           // octets, everything counted: heads, content, index, slack
  std::uint64_t largest_response = 16ULL << 20;  // octets of content
  unsigned shards = 16;
};

// The memory tier: sharded, each shard a short lock, S3-FIFO admission and eviction under a hard byte budget.
std::unique_ptr<Store> make_memory_store(const MemoryStoreOptions& options);

}  // namespace sluice::cache
