#pragma once

#include <memory>

#include "cache/store.hpp"

namespace sluice::cache {

struct MemoryStoreOptions {
  std::uint64_t budget = 256ULL << 20;           // octets, everything counted: heads, content, index, slack
  std::uint64_t largest_response = 16ULL << 20;  // octets of content
  unsigned shards = 16;
};

// The memory tier: a hard byte budget over shards, each with a short lock and its own order of eviction. Shards give
// way in turn.
std::unique_ptr<Store> make_memory_store(const MemoryStoreOptions& options);

}  // namespace sluice::cache
