#include "cache/memory_item.hpp"

#include <utility>

#include "cache/allocation.hpp"

namespace sluice::cache {
namespace {

// Everything that storing the response takes: content, head, the item itself, and what the allocator adds.
std::uint64_t charge(const StoredResponse& response, const VariantRule& rule) noexcept {
  std::uint64_t octets = response.memory() + allocated(sizeof(MemoryItem));
  octets += allocated(rule.names.names.capacity() * sizeof(std::string));
  for (const auto& name : rule.names.names) { octets += allocated_by(name); }
  return octets;
}

}  // namespace

MemoryItem::MemoryItem(std::uint64_t hash, StoredResponsePtr stored)
    : MemoryItem(hash, std::move(stored), variant_rule(stored->head)) {}

MemoryItem::MemoryItem(std::uint64_t hash, StoredResponsePtr&& stored, VariantRule&& variants)
    : EvictionEntry(hash, charge(*stored, variants)), response(std::move(stored)), rule(std::move(variants)) {}

}  // namespace sluice::cache
