#include "cache/memory_shard.hpp"

#include <algorithm>
#include <utility>

#include "cache/allocation.hpp"

namespace sluice::cache {
namespace {

// The content is the same when it is the same memory, or the same chunks on disk.
bool has_same_content(const StoredResponse& a, const StoredResponse& b) noexcept {
  if (&a == &b) { return true; }
  if (a.head.content_length != b.head.content_length || a.store_id != b.store_id || a.present != b.present) {
    return false;
  }
  if (a.store_id != 0) { return true; }
  return std::ranges::equal(a.segments, b.segments,
                            [](const Segment& x, const Segment& y) { return x.data == y.data && x.size == y.size; });
}

}  // namespace

MemoryShard::MemoryShard(const Tables& tables)
    : index_(MemoryIndex::Table(tables.buckets, nullptr)), order_(tables.ghosts) {}

MemoryShard::~MemoryShard() {
  while (EvictionEntry* entry = order_.evict()) { delete static_cast<MemoryItem*>(entry); }
}

std::uint64_t MemoryShard::fixed_octets(const Tables& tables) noexcept {
  return allocated(sizeof(MemoryShard)) + allocated(MemoryIndex::fixed_octets(tables.buckets)) +
         allocated(GhostTable::fixed_octets(tables.ghosts));
}

Store::Found MemoryShard::find(std::uint64_t hash, std::string_view key, Fields request) {
  const std::scoped_lock lock(mutex_);
  Store::Found found;
  VariantChoice choice(request);
  for (MemoryItem* item = index_.first_of(hash, key); item != nullptr; item = MemoryIndex::next_of(*item)) {
    if (found.response != nullptr || !choice.is_selected(item->rule, item->response->head.variant)) {
      found.has_other_variants = true;
      continue;
    }
    found.response = item->response;
    EvictionOrder::mark_used(*item);
  }
  return found;
}

std::vector<StoredResponsePtr> MemoryShard::list(std::uint64_t hash, std::string_view key) const {
  const std::scoped_lock lock(mutex_);
  std::vector<StoredResponsePtr> all;
  for (const MemoryItem* item = index_.first_of(hash, key); item != nullptr; item = MemoryIndex::next_of(*item)) {
    all.push_back(item->response);
  }
  return all;
}

MemoryShard::Place MemoryShard::walk(Place place, std::string_view prefix, std::size_t most,
                                     std::vector<StoredResponsePtr>& out) const {
  constexpr std::size_t kMostBuckets = 4096;  // bounds the time under the lock
  const std::scoped_lock lock(mutex_);
  if (place.buckets != index_.buckets()) { place = {0, index_.buckets()}; }
  const auto end = std::min(place.bucket + kMostBuckets, place.buckets);
  for (; place.bucket < end && out.size() < most; ++place.bucket) {
    index_.walk(place.bucket, [&](const MemoryItem& item) {
      if (item.key().starts_with(prefix)) { out.push_back(item.response); }
    });
  }
  return place;
}

bool MemoryShard::has(std::uint64_t hash, std::string_view key) const {
  const std::scoped_lock lock(mutex_);
  return index_.first_of(hash, key) != nullptr;
}

bool MemoryShard::was_evicted(std::uint64_t hash) const {
  const std::scoped_lock lock(mutex_);
  return order_.has_ghost(hash);
}

MemoryShard::Released MemoryShard::insert(std::unique_ptr<MemoryItem> item) {
  Removed removed;  // freed after the lock
  const std::scoped_lock lock(mutex_);
  MemoryItem& fresh = *item.release();
  if (MemoryItem* same = same_variant(fresh)) {
    removed.push_back(take_place_of(*same, fresh));
    return released(removed);
  }
  drop_oldest_variant(fresh.hash(), fresh.key(), removed);
  order_.insert(fresh);
  index_.add(fresh);
  return released(removed);
}

bool MemoryShard::replace_head(const StoredResponse& old, MemoryItem& fresh, Released& released_octets) {
  Removed removed;
  const std::scoped_lock lock(mutex_);
  MemoryItem* target = nullptr;
  MemoryItem* clash = nullptr;  // another response that already has the variant of the new head
  for (MemoryItem* item = index_.first_of(fresh.hash(), old.head.key); item != nullptr;
       item = MemoryIndex::next_of(*item)) {
    const auto& variant = item->response->head.variant;
    if (variant == old.head.variant) {
      target = item;
    } else if (variant == fresh.response->head.variant) {
      clash = item;
    }
  }
  if (target == nullptr || !has_same_content(*target->response, old)) { return false; }
  if (clash != nullptr) { removed.push_back(remove(*clash)); }
  released_octets = released(removed);
  released_octets.octets += target->octets();
  order_.recharge(*target, fresh.octets());
  std::swap(target->response, fresh.response);
  std::swap(target->rule, fresh.rule);
  return true;
}

bool MemoryShard::replace(const StoredResponse& old, std::unique_ptr<MemoryItem>& fresh) {
  std::unique_ptr<MemoryItem> former;  // freed after the lock
  const std::scoped_lock lock(mutex_);
  MemoryItem* same = same_variant(*fresh);
  if (same == nullptr || same->response.get() != &old) { return false; }
  former = take_place_of(*same, *fresh.release());
  return true;
}

std::unique_ptr<MemoryItem> MemoryShard::take_place_of(MemoryItem& former, MemoryItem& fresh) {
  order_.replace(former, fresh);
  index_.remove(former);
  index_.add(fresh);
  return std::unique_ptr<MemoryItem>(&former);
}

MemoryShard::Released MemoryShard::purge(std::uint64_t hash, std::string_view key) {
  Removed removed;
  const std::scoped_lock lock(mutex_);
  while (MemoryItem* item = index_.first_of(hash, key)) { removed.push_back(remove(*item)); }
  return released(removed);
}

MemoryShard::Released MemoryShard::evict_one() {
  std::unique_ptr<MemoryItem> evicted;
  const std::scoped_lock lock(mutex_);
  evicted.reset(static_cast<MemoryItem*>(order_.evict()));
  if (evicted == nullptr) { return {}; }
  index_.remove(*evicted);
  return {evicted->octets(), 1};
}

void MemoryShard::move_tables(const Tables& tables) {
  MemoryIndex::Table former;
  {
    GhostTable ghosts(tables.ghosts);
    MemoryIndex::Table table(tables.buckets, nullptr);
    const std::scoped_lock lock(mutex_);
    order_.swap_ghosts(ghosts);
    index_.begin_move(std::move(table));
  }
  for (bool more = true; more;) {
    const std::scoped_lock lock(mutex_);
    more = index_.move_some(former);
  }
}

std::unique_ptr<MemoryItem> MemoryShard::remove(MemoryItem& item) {
  index_.remove(item);
  order_.remove(item);
  return std::unique_ptr<MemoryItem>(&item);
}

MemoryItem* MemoryShard::same_variant(const MemoryItem& fresh) const {
  MemoryItem* item = index_.first_of(fresh.hash(), fresh.key());
  while (item != nullptr && item->response->head.variant != fresh.response->head.variant) {
    item = MemoryIndex::next_of(*item);
  }
  return item;
}

void MemoryShard::drop_oldest_variant(std::uint64_t hash, std::string_view key, Removed& removed) {
  std::size_t variants = 0;
  MemoryItem* oldest = nullptr;
  for (MemoryItem* item = index_.first_of(hash, key); item != nullptr; item = MemoryIndex::next_of(*item)) {
    oldest = item;
    ++variants;
  }
  if (variants >= kMostVariants) { removed.push_back(remove(*oldest)); }
}

MemoryShard::Released MemoryShard::released(const Removed& removed) {
  Released sum;
  for (const auto& item : removed) {
    sum.octets += item->octets();
    ++sum.responses;
  }
  return sum;
}

}  // namespace sluice::cache
