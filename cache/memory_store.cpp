#include "cache/memory_store.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <mutex>
#include <random>
#include <utility>

#include "cache/allocation.hpp"
#include "cache/key_hash.hpp"
#include "cache/memory_shard.hpp"
#include "cache/partial_content.hpp"
#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

constexpr std::uint64_t kOctetsPerBucket = 1024;  // one bucket for so much of the budget: 0.8 % of it
constexpr int kEvictionStep = 64;                 // responses a step

std::size_t table_size(std::uint64_t share, std::uint64_t octets_each, std::uint64_t most) {
  return std::bit_floor(std::clamp<std::uint64_t>(share / octets_each, 16, most));
}

MemoryShard::Tables tables_for(std::uint64_t budget, std::size_t shards) {
  const auto share = budget / shards;
  return {table_size(share, kOctetsPerBucket, 1U << 22), table_size(share, GhostTable::kOctetsPerGhost, 1U << 16)};
}

// False, and nothing is added, when that would be more than `most`.
bool add_up_to(std::atomic<std::uint64_t>& counter, std::uint64_t octets, std::uint64_t most) {
  auto sum = counter.load(std::memory_order_relaxed);
  while (sum + octets <= most) {
    if (counter.compare_exchange_weak(sum, sum + octets, std::memory_order_relaxed)) { return true; }
  }
  return false;
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
  bool was_evicted(std::string_view key) const override;
  StoreStats stats() const override;
  bool hold(std::uint64_t octets) override;
  void release_held(std::uint64_t octets) override;
  void set_budget(std::uint64_t octets) override;
  bool build_index_step() override;

  // The budget. reserve() evicts until `octets` fit; false when they cannot.
  bool reserve(std::uint64_t octets);
  void release(std::uint64_t octets) { used_.fetch_sub(octets, std::memory_order_relaxed); }
  std::unique_ptr<MemoryItem> make_item(StoredResponsePtr response) const;
  // Makes a response visible. REQUIRES: item->octets() are reserved.
  void insert(std::unique_ptr<MemoryItem> item);
  bool is_too_large(std::uint64_t content) const { return content > largest_response_; }
  StoreError refuse(StoreError error) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return error;
  }

 private:
  std::uint64_t hash(std::string_view key) const { return hash_key(key, seed_); }
  // The top bits choose the shard, the low bits the bucket in it.
  MemoryShard& shard(std::uint64_t hash) const { return *shards_[(hash >> 48) % shards_.size()]; }
  StoredResponsePtr variant_of(const StoredHead& head);
  std::expected<bool, StoreError> grow(const StoredResponsePtr& stored, std::unique_ptr<MemoryItem>& combined);
  bool try_reserve(std::uint64_t octets);
  bool evict_somewhere();
  void account(const MemoryShard::Released& released);
  bool is_over() const { return used_.load(std::memory_order_relaxed) > budget_.load(std::memory_order_relaxed); }

  const std::uint64_t largest_response_;
  std::uint64_t seed_ = std::random_device{}() * 0x100000001ULL + std::random_device{}();
  std::vector<std::unique_ptr<MemoryShard>> shards_;
  std::mutex resizing_;  // one change of the budget at a time
  MemoryShard::Tables tables_;
  std::atomic<std::uint64_t> budget_;
  std::atomic<std::uint64_t> used_ = 0;
  std::atomic<std::uint64_t> held_ = 0;  // of that
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
    const bool is_whole = head.content_length == content_;  // proven complete
    if (failed_ || !is_whole) {
      store_.purge(head.key);
      return fail(failed_ ? StoreError::no_space : StoreError::damaged);
    }
    auto response = std::make_shared<StoredResponse>();
    response->head = std::move(head);
    response->segments = std::move(segments_);
    response->segments.shrink_to_fit();
    auto item = store_.make_item(response);
    const auto charge = item->octets();
    if (charge > reserved_ && !store_.reserve(charge - reserved_)) {
      store_.purge(response->head.key);
      return fail(StoreError::no_space);
    }
    if (charge < reserved_) { store_.release(reserved_ - charge); }
    reserved_ = 0;
    failed_ = true;  // a writer commits once
    store_.insert(std::move(item));
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

MemoryStore::MemoryStore(const MemoryStoreOptions& options)
    : largest_response_(options.largest_response),
      tables_(tables_for(options.budget, std::max(1U, options.shards))),
      budget_(options.budget) {
  const std::size_t shards = std::max(1U, options.shards);
  for (std::size_t i = 0; i < shards; ++i) { shards_.push_back(std::make_unique<MemoryShard>(tables_)); }
  used_ = allocated(sizeof(MemoryStore)) + shards * MemoryShard::fixed_octets(tables_);
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
    purge(response->head.key);
    return std::unexpected(refuse(StoreError::too_large));
  }
  auto item = make_item(std::move(response));
  if (!reserve(item->octets())) {
    purge(item->key());
    return std::unexpected(refuse(StoreError::no_space));
  }
  insert(std::move(item));
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
    if (stored == nullptr || !may_combine(*stored, *part)) { return put(std::move(part)); }
    if (stored->is_whole()) { return {}; }
    auto combined = make_item(combine(*stored, *part));
    if (is_too_large(combined->response->octets())) { return std::unexpected(refuse(StoreError::too_large)); }
    const auto grown = grow(stored, combined);
    if (!grown) { return std::unexpected(refuse(grown.error())); }
    if (!*grown) { continue; }
    stores_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  return std::unexpected(refuse(StoreError::no_space));
}

// Puts `combined` in the place of `stored`, and reserves only what it has more. False when `stored` has gone meanwhile:
// evicted to make room for itself, for instance.
std::expected<bool, StoreError> MemoryStore::grow(const StoredResponsePtr& stored,
                                                  std::unique_ptr<MemoryItem>& combined) {
  const auto octets = combined->octets();
  const auto before = make_item(stored)->octets();
  const auto more = octets > before ? octets - before : 0;
  if (!reserve(more)) { return std::unexpected(StoreError::no_space); }
  if (!shard(combined->hash()).replace(*stored, combined)) {
    release(more);
    return false;
  }
  release(before + more - octets);
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
  const auto item = make_item(fresh);
  const auto charge = item->octets();
  if (!fresh->is_resident() || !reserve(charge)) { return std::unexpected(refuse(StoreError::no_space)); }
  MemoryShard::Released released;
  if (!shard(item->hash()).replace_head(response, *item, released)) {
    release(charge);
    return std::unexpected(StoreError::gone);
  }
  account(released);
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

// A place is "shard.bucket.buckets".
Store::Page MemoryStore::walk(std::string_view prefix, std::string_view from, std::size_t most) {
  std::array<std::uint64_t, 3> at{};
  for (auto& number : at) {
    const auto dot = std::min(from.find('.'), from.size());
    number = parse_count(from.substr(0, dot)).value_or(0);
    from.remove_prefix(std::min(dot + 1, from.size()));
  }
  Page page;
  if (at[0] >= shards_.size()) { return page; }
  const auto next = shards_[at[0]]->walk({at[1], at[2]}, prefix, most, page.responses);
  if (!next.is_end()) {
    page.next = std::to_string(at[0]) + '.' + std::to_string(next.bucket) + '.' + std::to_string(next.buckets);
  } else if (at[0] + 1 < shards_.size()) {
    page.next = std::to_string(at[0] + 1);
  }
  return page;
}

bool MemoryStore::may_have(std::string_view key) const {
  const auto hashed = hash(key);
  return shard(hashed).has(hashed, key);
}

bool MemoryStore::was_evicted(std::string_view key) const {
  const auto hashed = hash(key);
  return shard(hashed).was_evicted(hashed);
}

StoreStats MemoryStore::stats() const {
  return {.responses = responses_,
          .octets = used_,
          .budget = budget_,
          .evictions = evictions_,
          .stores = stores_,
          .refused = refused_,
          .errors = 0,
          .held = held_};
}

bool MemoryStore::try_reserve(std::uint64_t octets) {
  return add_up_to(used_, octets, budget_.load(std::memory_order_relaxed));
}

bool MemoryStore::hold(std::uint64_t octets) {
  const auto budget = budget_.load(std::memory_order_relaxed);
  if (!add_up_to(held_, octets, std::max(budget / 2, std::min(largest_response_, budget)))) { return false; }
  if (reserve(octets)) { return true; }
  held_.fetch_sub(octets, std::memory_order_relaxed);
  return false;
}

void MemoryStore::release_held(std::uint64_t octets) {
  held_.fetch_sub(octets, std::memory_order_relaxed);
  release(octets);
}

// While a smaller budget is not kept yet nothing is evicted here: that takes longer than a client may wait.
bool MemoryStore::reserve(std::uint64_t octets) {
  if (octets > budget_.load(std::memory_order_relaxed)) { return false; }
  while (!try_reserve(octets)) {
    if (is_over()) { return false; }
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

std::unique_ptr<MemoryItem> MemoryStore::make_item(StoredResponsePtr response) const {
  const auto hashed = hash(response->head.key);
  return std::make_unique<MemoryItem>(hashed, std::move(response));
}

void MemoryStore::insert(std::unique_ptr<MemoryItem> item) {
  responses_.fetch_add(1, std::memory_order_relaxed);
  stores_.fetch_add(1, std::memory_order_relaxed);
  MemoryShard& share = shard(item->hash());
  account(share.insert(std::move(item)));
}

// The tables follow the budget, which stands for the number of responses to come. While a shard moves from one to the
// other it has both.
void MemoryStore::set_budget(std::uint64_t octets) {
  const std::scoped_lock lock(resizing_);
  budget_ = octets;
  const auto tables = tables_for(octets, shards_.size());
  if (tables == tables_) { return; }
  const auto former = MemoryShard::fixed_octets(std::exchange(tables_, tables));
  for (const auto& share : shards_) {
    used_.fetch_add(MemoryShard::fixed_octets(tables), std::memory_order_relaxed);
    share->move_tables(tables);
    release(former);
  }
}

bool MemoryStore::build_index_step() {
  for (int i = 0; i < kEvictionStep && is_over(); ++i) {
    if (!evict_somewhere()) { return false; }
  }
  return is_over();
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
