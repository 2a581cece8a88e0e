#include "cache/memory_store.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <random>
#include <utility>

#include "cache/key_hash.hpp"
#include "cache/memory_shard.hpp"
#include "cache/partial_content.hpp"
#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

constexpr std::uint64_t kOctetsPerBucket = 1024;  // one bucket for so much of the budget: 0.8 % of it
constexpr std::uint64_t kOctetsPerGhost = 4096;

std::size_t table_size(std::uint64_t share, std::uint64_t octets_each, std::uint64_t most) {
  return std::bit_floor(std::clamp<std::uint64_t>(share / octets_each, 16, most));
}

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const MemoryStoreOptions& options);

  Found find(std::string_view key, Fields request) override;
  std::expected<Segment, StoreError> read(const StoredResponse& response, std::uint64_t offset) override;
  std::expected<std::unique_ptr<StoreWriter>, StoreError> write(std::uint64_t expected_size) override;
  std::expected<void, StoreError> put(StoredResponsePtr response) override;
  std::expected<void, StoreError> put_part(StoredResponsePtr part) override;
  std::expected<StoredResponsePtr, StoreError> freshen(const StoredResponse& response, StoredHead head) override;
  std::size_t purge(std::string_view key) override;
  std::vector<StoredResponsePtr> list(std::string_view key) override;
  Page walk(std::string_view prefix, std::string_view from, std::size_t most) override;
  bool may_have(std::string_view key) const override;
  StoreStats stats() const override;

  // The budget. reserve() evicts until `octets` fit; false when they cannot.
  bool reserve(std::uint64_t octets);
  void release(std::uint64_t octets) { used_.fetch_sub(octets, std::memory_order_relaxed); }
  // Makes a response visible. REQUIRES: MemoryShard::charge(*response) octets are reserved.
  void insert(StoredResponsePtr response);
  bool is_too_large(std::uint64_t content) const { return content > options_.largest_response; }
  StoreError refuse(StoreError error) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return error;
  }

 private:
  std::uint64_t hash(std::string_view key) const { return hash_key(key, seed_); }
  // The top bits choose the shard, the low bits the bucket in it.
  MemoryShard& shard(std::uint64_t hash) const { return *shards_[(hash >> 48) % shards_.size()]; }
  StoredResponsePtr variant_of(const StoredHead& head);
  bool replace(const StoredResponse& old, StoredResponsePtr fresh);
  bool try_reserve(std::uint64_t octets);
  bool evict_somewhere();
  void account(const MemoryShard::Released& released);

  MemoryStoreOptions options_;
  std::uint64_t seed_ = std::random_device{}() * 0x100000001ULL + std::random_device{}();
  std::vector<std::unique_ptr<MemoryShard>> shards_;
  std::atomic<std::uint64_t> used_ = 0;
  std::atomic<std::uint64_t> responses_ = 0;
  std::atomic<std::uint64_t> evictions_ = 0;
  std::atomic<std::uint64_t> stores_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::size_t> turn_ = 0;  // the shard whose turn it is to evict
};

// A response being filled; its octets count against the budget from the moment they are appended.
class MemoryWriter final : public StoreWriter {
 public:
  explicit MemoryWriter(MemoryStore& store) : store_(store) {}
  ~MemoryWriter() override { store_.release(reserved_); }

  std::expected<void, StoreError> append(Segment segment) override {
    if (segment.size == 0) { return {}; }
    if (store_.is_too_large(content_ + segment.size)) { return fail(StoreError::too_large); }
    const std::uint64_t octets = segment.size + sizeof(Segment);
    if (failed_ || !store_.reserve(octets)) { return fail(StoreError::no_space); }
    reserved_ += octets;
    content_ += segment.size;
    segments_.push_back(std::move(segment));
    return {};
  }

  std::expected<StoredResponsePtr, StoreError> commit(StoredHead head) override {
    if (failed_) { return std::unexpected(StoreError::no_space); }
    if (head.content_length != content_) { return fail(StoreError::damaged); }  // not proven complete
    auto response = std::make_shared<StoredResponse>();
    response->head = std::move(head);
    response->segments = std::move(segments_);
    response->segments.shrink_to_fit();
    const std::uint64_t charge = MemoryShard::charge(*response);
    if (charge > reserved_ && !store_.reserve(charge - reserved_)) { return fail(StoreError::no_space); }
    if (charge < reserved_) { store_.release(reserved_ - charge); }
    reserved_ = 0;
    failed_ = true;  // a writer commits once
    store_.insert(response);
    return response;
  }

 private:
  std::unexpected<StoreError> fail(StoreError error) {
    if (!std::exchange(failed_, true)) { store_.refuse(error); }
    store_.release(std::exchange(reserved_, 0));
    segments_.clear();
    return std::unexpected(error);
  }

  MemoryStore& store_;
  std::vector<Segment> segments_;
  std::uint64_t content_ = 0;
  std::uint64_t reserved_ = 0;
  bool failed_ = false;
};

MemoryStore::MemoryStore(const MemoryStoreOptions& options) : options_(options) {
  const std::size_t shards = std::max(1U, options_.shards);
  const std::uint64_t share = options_.budget / shards;
  const auto buckets = table_size(share, kOctetsPerBucket, 1U << 22);
  const auto ghosts = table_size(share, kOctetsPerGhost, 1U << 16);
  for (std::size_t i = 0; i < shards; ++i) { shards_.push_back(std::make_unique<MemoryShard>(buckets, ghosts)); }
  used_ = sizeof(MemoryStore) + shards * MemoryShard::fixed_octets(buckets, ghosts);
}

Store::Found MemoryStore::find(std::string_view key, Fields request) {
  const auto hashed = hash(key);
  return shard(hashed).find(hashed, key, request);
}

std::expected<Segment, StoreError> MemoryStore::read(const StoredResponse& response, std::uint64_t offset) {
  auto piece = response.resident_piece(offset);
  if (piece.size == 0) { return std::unexpected(StoreError::gone); }
  return piece;
}

std::expected<std::unique_ptr<StoreWriter>, StoreError> MemoryStore::write(std::uint64_t expected_size) {
  if (is_too_large(expected_size)) { return std::unexpected(refuse(StoreError::too_large)); }
  return std::make_unique<MemoryWriter>(*this);
}

std::expected<void, StoreError> MemoryStore::put(StoredResponsePtr response) {
  if (!response->is_resident() || is_too_large(response->octets())) {
    return std::unexpected(refuse(StoreError::too_large));
  }
  if (!reserve(MemoryShard::charge(*response))) { return std::unexpected(refuse(StoreError::no_space)); }
  insert(std::move(response));
  return {};
}

// The response of the same key and variant, or null.
StoredResponsePtr MemoryStore::variant_of(const StoredHead& head) {
  for (auto& stored : list(head.key)) {
    if (stored->head.variant == head.variant) { return std::move(stored); }
  }
  return nullptr;
}

// Combining happens outside the shard's lock; who finds that another one was faster begins again.
std::expected<void, StoreError> MemoryStore::put_part(StoredResponsePtr part) {
  constexpr int kMostAttempts = 8;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const auto stored = variant_of(part->head);
    if (stored == nullptr || !may_combine(stored->head, part->head)) { return put(std::move(part)); }
    if (stored->is_whole()) { return {}; }
    StoredResponsePtr combined = combine(*stored, *part);
    if (is_too_large(combined->octets())) { return std::unexpected(refuse(StoreError::too_large)); }
    if (!reserve(MemoryShard::charge(*combined))) { return std::unexpected(refuse(StoreError::no_space)); }
    if (!replace(*stored, std::move(combined))) { continue; }
    stores_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  return std::unexpected(refuse(StoreError::no_space));
}

// REQUIRES: MemoryShard::charge(*fresh) octets are reserved. False, and released again, when `old` is not stored any
// more.
bool MemoryStore::replace(const StoredResponse& old, StoredResponsePtr fresh) {
  const auto charge = MemoryShard::charge(*fresh);
  MemoryShard::Released released;
  const auto hashed = hash(old.head.key);
  if (!shard(hashed).replace_head(hashed, old, std::move(fresh), released)) {
    release(charge);
    return false;
  }
  account(released);
  return true;
}

std::expected<StoredResponsePtr, StoreError> MemoryStore::freshen(const StoredResponse& response, StoredHead head) {
  auto fresh = std::make_shared<StoredResponse>();
  fresh->head = std::move(head);
  fresh->segments = response.segments;
  fresh->store_id = response.store_id;
  fresh->present = response.present;
  if (fresh->head.key != response.head.key || fresh->head.content_length != response.head.content_length) {
    return std::unexpected(StoreError::gone);
  }
  if (!fresh->is_resident() || !reserve(MemoryShard::charge(*fresh))) {
    return std::unexpected(refuse(StoreError::no_space));
  }
  if (!replace(response, fresh)) { return std::unexpected(StoreError::gone); }
  return fresh;
}

std::size_t MemoryStore::purge(std::string_view key) {
  const auto hashed = hash(key);
  const auto released = shard(hashed).purge(hashed, key);
  account(released);
  return released.responses;
}

std::vector<StoredResponsePtr> MemoryStore::list(std::string_view key) {
  const auto hashed = hash(key);
  return shard(hashed).list(hashed, key);
}

// A place is the number of a bucket, counted through all shards.
Store::Page MemoryStore::walk(std::string_view prefix, std::string_view from, std::size_t most) {
  const auto buckets = shards_.front()->buckets();
  const auto place = from.empty() ? 0 : parse_count(from).value_or(UINT64_MAX);
  const auto index = place / buckets;
  Page page;
  if (index >= shards_.size()) { return page; }
  const auto next = shards_[index]->walk(place % buckets, prefix, most, page.responses) + index * buckets;
  if (next < buckets * shards_.size()) { page.next = std::to_string(next); }
  return page;
}

bool MemoryStore::may_have(std::string_view key) const {
  const auto hashed = hash(key);
  return shard(hashed).has(hashed, key);
}

StoreStats MemoryStore::stats() const {
  return {.responses = responses_,
          .octets = used_,
          .budget = options_.budget,
          .evictions = evictions_,
          .stores = stores_,
          .refused = refused_,
          .errors = 0};
}

bool MemoryStore::try_reserve(std::uint64_t octets) {
  auto used = used_.load(std::memory_order_relaxed);
  while (used + octets <= options_.budget) {
    if (used_.compare_exchange_weak(used, used + octets, std::memory_order_relaxed)) { return true; }
  }
  return false;
}

bool MemoryStore::reserve(std::uint64_t octets) {
  if (octets > options_.budget) { return false; }
  while (!try_reserve(octets)) {
    if (!evict_somewhere()) { return try_reserve(octets); }
  }
  return true;
}

// Shards give way in turn; keys are spread evenly, so each holds about its share. Locks are taken one after another.
bool MemoryStore::evict_somewhere() {
  for (std::size_t tried = 0; tried < shards_.size(); ++tried) {
    const auto turn = turn_.fetch_add(1, std::memory_order_relaxed);
    const auto released = shards_[turn % shards_.size()]->evict_one();
    if (released.responses == 0) { continue; }
    account(released);
    evictions_.fetch_add(released.responses, std::memory_order_relaxed);
    return true;
  }
  return false;
}

void MemoryStore::insert(StoredResponsePtr response) {
  const auto hashed = hash(response->head.key);
  responses_.fetch_add(1, std::memory_order_relaxed);
  stores_.fetch_add(1, std::memory_order_relaxed);
  account(shard(hashed).insert(hashed, std::move(response)));
}

void MemoryStore::account(const MemoryShard::Released& released) {
  used_.fetch_sub(released.octets, std::memory_order_relaxed);
  responses_.fetch_sub(released.responses, std::memory_order_relaxed);
}

}  // namespace

std::unique_ptr<Store> make_memory_store(const MemoryStoreOptions& options) {
  return std::make_unique<MemoryStore>(options);
}

}  // namespace sluice::cache
