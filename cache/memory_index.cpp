#include "cache/memory_index.hpp"

#include <algorithm>
#include <utility>

namespace sluice::cache {
namespace {

constexpr std::size_t kBucketsAStep = 256;

std::size_t place(std::uint64_t hash, const MemoryIndex::Table& table) noexcept {
  return hash & (table.size() - 1);
}

bool is_of(const MemoryItem& item, std::uint64_t hash, std::string_view key) noexcept {
  return item.hash() == hash && item.key() == key;
}

}  // namespace

MemoryItem*& MemoryIndex::bucket(std::uint64_t hash) noexcept {
  const auto at = place(hash, table_);
  return at < moved_ ? next_[place(hash, next_)] : table_[at];
}

MemoryItem* MemoryIndex::first_of(std::uint64_t hash, std::string_view key) const noexcept {
  MemoryItem* item = bucket(hash);
  while (item != nullptr && !is_of(*item, hash, key)) { item = item->next_in_bucket; }
  return item;
}

MemoryItem* MemoryIndex::next_of(const MemoryItem& item) noexcept {
  MemoryItem* next = item.next_in_bucket;
  while (next != nullptr && !is_of(*next, item.hash(), item.key())) { next = next->next_in_bucket; }
  return next;
}

void MemoryIndex::add(MemoryItem& item) noexcept {
  item.next_in_bucket = std::exchange(bucket(item.hash()), &item);
}

void MemoryIndex::remove(MemoryItem& item) noexcept {
  MemoryItem** link = &bucket(item.hash());
  while (*link != &item) { link = &(*link)->next_in_bucket; }
  *link = item.next_in_bucket;
}

bool MemoryIndex::move_some(Table& former) noexcept {
  const auto end = std::min(moved_ + kBucketsAStep, table_.size());
  for (; moved_ < end; ++moved_) {
    MemoryItem* reversed = nullptr;  // oldest first, so that the newest is put ahead of the others again
    for (MemoryItem* item = std::exchange(table_[moved_], nullptr); item != nullptr;) {
      reversed = std::exchange(item, std::exchange(item->next_in_bucket, reversed));
    }
    while (reversed != nullptr) {
      MemoryItem* item = std::exchange(reversed, reversed->next_in_bucket);
      item->next_in_bucket = std::exchange(next_[place(item->hash(), next_)], item);
    }
  }
  if (moved_ < table_.size()) { return true; }
  former = std::exchange(table_, std::exchange(next_, {}));
  moved_ = 0;
  return false;
}

}  // namespace sluice::cache
