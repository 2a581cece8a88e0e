#include "cache/memory_shard.hpp"

#include <algorithm>
#include <utility>

namespace sluice::cache {
namespace {

constexpr std::uint8_t kMostUses = 3;        // what the use counter of a response saturates at
constexpr std::uint64_t kSmallShare = 10;    // the small queue holds a tenth of the octets
constexpr int kMostReinsertions = 256;       // bounds the time under the lock of one eviction
constexpr std::size_t kAllocatorSlack = 64;  // headers and rounding of the item's and the response's own allocations

// The content is the same when it is the same memory, or the same chunks on disk.
bool has_same_content(const StoredResponse& a, const StoredResponse& b) noexcept {
  if (&a == &b) { return true; }
  if (a.head.content_length != b.head.content_length || a.store_id != b.store_id) { return false; }
  if (a.store_id != 0) { return true; }
  return std::ranges::equal(a.segments, b.segments,
                            [](const Segment& x, const Segment& y) { return x.data == y.data && x.size == y.size; });
}

}  // namespace

struct MemoryShard::Item {
  Item(std::uint64_t key_hash, StoredResponsePtr stored)
      : hash(key_hash), response(std::move(stored)), rule(variant_rule(response->head)), octets(charge(*response)) {}

  std::string_view key() const noexcept { return response->head.key; }

  std::uint64_t hash;
  Item* next_in_bucket = nullptr;  // newest first
  StoredResponsePtr response;
  VariantRule rule;
  std::uint64_t octets;
  Item* newer = nullptr;
  Item* older = nullptr;
  std::uint8_t uses = 0;
  bool in_main = false;
};

MemoryShard::MemoryShard(std::size_t buckets, std::size_t ghosts) : buckets_(buckets), ghosts_(ghosts) {}

MemoryShard::~MemoryShard() {
  while (Item* item = choose_victim()) { remove(item); }
}

std::size_t MemoryShard::fixed_octets(std::size_t buckets, std::size_t ghosts) noexcept {
  return sizeof(MemoryShard) + buckets * sizeof(Item*) + ghosts * sizeof(Ghost);
}

std::uint64_t MemoryShard::charge(const StoredResponse& response) noexcept {
  return response.memory() + response.head.key.size() + sizeof(Item) + kAllocatorSlack;
}

Store::Found MemoryShard::find(std::uint64_t hash, std::string_view key, Fields request) {
  const std::scoped_lock lock(mutex_);
  Store::Found found;
  VariantChoice choice(request);
  for (Item* item = first_of(hash, key); item != nullptr; item = next_of(item)) {
    if (found.response != nullptr || !choice.is_selected(item->rule, item->response->head.variant)) {
      found.has_other_variants = true;
      continue;
    }
    found.response = item->response;
    if (item->uses < kMostUses) { ++item->uses; }
  }
  return found;
}

std::vector<StoredResponsePtr> MemoryShard::list(std::uint64_t hash, std::string_view key) const {
  const std::scoped_lock lock(mutex_);
  std::vector<StoredResponsePtr> all;
  for (const Item* item = first_of(hash, key); item != nullptr; item = next_of(item)) { all.push_back(item->response); }
  return all;
}

std::size_t MemoryShard::walk(std::size_t from, std::string_view prefix, std::size_t most,
                              std::vector<StoredResponsePtr>& out) const {
  constexpr std::size_t kMostBuckets = 4096;  // bounds the time under the lock
  const auto end = std::min(from + kMostBuckets, buckets_.size());
  const std::scoped_lock lock(mutex_);
  for (; from < end && out.size() < most; ++from) {
    for (const Item* item = buckets_[from]; item != nullptr; item = item->next_in_bucket) {
      if (item->key().starts_with(prefix)) { out.push_back(item->response); }
    }
  }
  return from;
}

bool MemoryShard::has(std::uint64_t hash, std::string_view key) const {
  const std::scoped_lock lock(mutex_);
  return first_of(hash, key) != nullptr;
}

MemoryShard::Released MemoryShard::insert(std::uint64_t hash, StoredResponsePtr response) {
  auto fresh = std::make_unique<Item>(hash, std::move(response));
  Removed removed;  // freed after the lock
  const std::scoped_lock lock(mutex_);
  fresh->in_main = was_evicted_lately(hash);
  for (Item* item = first_of(hash, fresh->key()); item != nullptr; item = next_of(item)) {
    if (item->response->head.variant != fresh->response->head.variant) { continue; }
    fresh->in_main = item->in_main;
    fresh->uses = item->uses;
    removed.push_back(remove(item));
    break;
  }
  drop_oldest_variant(hash, fresh->key(), removed);
  Item* item = fresh.release();
  item->next_in_bucket = std::exchange(bucket(hash), item);
  push(queue_of(*item), item);
  return released(removed);
}

bool MemoryShard::replace_head(std::uint64_t hash, const StoredResponse& old, StoredResponsePtr fresh,
                               Released& released_octets) {
  VariantRule rule = variant_rule(fresh->head);
  Removed removed;
  StoredResponsePtr former;
  const std::scoped_lock lock(mutex_);
  Item* target = nullptr;
  Item* clash = nullptr;  // another response that already has the variant of the new head
  for (Item* item = first_of(hash, old.head.key); item != nullptr; item = next_of(item)) {
    const auto& variant = item->response->head.variant;
    if (variant == old.head.variant) {
      target = item;
    } else if (variant == fresh->head.variant) {
      clash = item;
    }
  }
  if (target == nullptr || !has_same_content(*target->response, old)) { return false; }
  if (clash != nullptr) { removed.push_back(remove(clash)); }
  released_octets = released(removed);
  released_octets.octets += target->octets;
  Queue& queue = queue_of(*target);
  queue.octets -= target->octets;
  former = std::exchange(target->response, std::move(fresh));
  target->rule = std::move(rule);
  target->octets = charge(*target->response);
  queue.octets += target->octets;
  return true;
}

MemoryShard::Released MemoryShard::purge(std::uint64_t hash, std::string_view key) {
  Removed removed;
  const std::scoped_lock lock(mutex_);
  while (Item* item = first_of(hash, key)) { removed.push_back(remove(item)); }
  return released(removed);
}

MemoryShard::Released MemoryShard::evict_one() {
  Removed removed;
  const std::scoped_lock lock(mutex_);
  Item* victim = choose_victim();
  if (victim == nullptr) { return {}; }
  removed.push_back(remove(victim));
  return released(removed);
}

MemoryShard::Item* MemoryShard::first_of(std::uint64_t hash, std::string_view key) const {
  Item* item = buckets_[hash & (buckets_.size() - 1)];
  while (item != nullptr && (item->hash != hash || item->key() != key)) { item = item->next_in_bucket; }
  return item;
}

MemoryShard::Item* MemoryShard::next_of(const Item* item) {
  Item* next = item->next_in_bucket;
  while (next != nullptr && (next->hash != item->hash || next->key() != item->key())) { next = next->next_in_bucket; }
  return next;
}

void MemoryShard::push(Queue& queue, Item* item) {
  item->newer = nullptr;
  item->older = queue.head;
  (queue.head != nullptr ? queue.head->newer : queue.tail) = item;
  queue.head = item;
  queue.octets += item->octets;
}

void MemoryShard::unlink(Queue& queue, Item* item) {
  (item->newer != nullptr ? item->newer->older : queue.head) = item->older;
  (item->older != nullptr ? item->older->newer : queue.tail) = item->newer;
  queue.octets -= item->octets;
}

MemoryShard::Queue& MemoryShard::queue_of(const Item& item) {
  return item.in_main ? main_ : small_;
}

std::unique_ptr<MemoryShard::Item> MemoryShard::remove(Item* item) {
  Item** link = &bucket(item->hash);
  while (*link != item) { link = &(*link)->next_in_bucket; }
  *link = item->next_in_bucket;
  unlink(queue_of(*item), item);
  return std::unique_ptr<Item>(item);
}

MemoryShard::Item* MemoryShard::choose_victim() {
  const bool small_is_over = small_.octets * kSmallShare >= small_.octets + main_.octets;
  Item* victim = small_is_over ? victim_of_small() : nullptr;
  if (victim == nullptr) { victim = victim_of_main(); }
  return victim != nullptr ? victim : small_.tail;
}

// Moves what was used since it came to the main queue; null when that empties the small one.
MemoryShard::Item* MemoryShard::victim_of_small() {
  for (int moved = 0; small_.tail != nullptr; ++moved) {
    Item* item = small_.tail;
    if (item->uses == 0 || moved == kMostReinsertions) {
      remember(item->hash);
      return item;
    }
    unlink(small_, item);
    item->in_main = true;
    item->uses = 0;
    push(main_, item);
  }
  return nullptr;
}

MemoryShard::Item* MemoryShard::victim_of_main() {
  for (int moved = 0; main_.tail != nullptr; ++moved) {
    Item* item = main_.tail;
    if (item->uses == 0 || moved == kMostReinsertions) { return item; }
    --item->uses;
    unlink(main_, item);
    push(main_, item);
  }
  return nullptr;
}

void MemoryShard::remember(std::uint64_t hash) {
  ghosts_[(hash >> 8) & (ghosts_.size() - 1)] = {static_cast<std::uint32_t>(hash >> 32) | 1, ++departures_};
}

bool MemoryShard::was_evicted_lately(std::uint64_t hash) const {
  const Ghost& ghost = ghosts_[(hash >> 8) & (ghosts_.size() - 1)];
  return ghost.fingerprint == (static_cast<std::uint32_t>(hash >> 32) | 1) &&
         departures_ - ghost.left_at < ghosts_.size();
}

void MemoryShard::drop_oldest_variant(std::uint64_t hash, std::string_view key, Removed& removed) {
  std::size_t variants = 0;
  Item* oldest = nullptr;
  for (Item* item = first_of(hash, key); item != nullptr; item = next_of(item)) {
    oldest = item;
    ++variants;
  }
  if (variants >= kMostVariants) { removed.push_back(remove(oldest)); }
}

MemoryShard::Released MemoryShard::released(const Removed& removed) {
  Released sum;
  for (const auto& item : removed) {
    sum.octets += item->octets;
    ++sum.responses;
  }
  return sum;
}

}  // namespace sluice::cache
