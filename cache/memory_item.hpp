#pragma once

#include <cstdint>
#include <string_view>

#include "cache/eviction_order.hpp"
#include "cache/stored_response.hpp"
#include "cache/variant_choice.hpp"

namespace sluice::cache {

// A stored response as the memory tier holds it: its charge, its place in the order of eviction and in the index.
struct MemoryItem : EvictionEntry {
  MemoryItem(std::uint64_t hash, StoredResponsePtr stored);

  std::string_view key() const noexcept { return response->head.key; }

  StoredResponsePtr response;
  VariantRule rule;
  MemoryItem* next_in_bucket = nullptr;  // newer ones of a key come ahead of older ones

 private:
  MemoryItem(std::uint64_t hash, StoredResponsePtr&& stored, VariantRule&& variants);
};

}  // namespace sluice::cache
