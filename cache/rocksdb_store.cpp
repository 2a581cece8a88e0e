// The disk tier. Reading needs no lock of ours: a record names its chunks by an id that is never given twice, each
// chunk carries its own checksum, and a chunk that is not there means that the response went away in between. Changing
// a record (read, change, write back) and evicting happen under one mutex, `changes_`; the chunks of a long response
// are written outside it, before the record that makes them visible.

#include "cache/rocksdb_store.hpp"

#include <algorithm>
#include <bit>
#include <mutex>
#include <random>
#include <set>
#include <utility>

#include "cache/cache_directory.hpp"
#include "cache/disk_index.hpp"
#include "cache/key_hash.hpp"
#include "cache/partial_content.hpp"
#include "cache/rocksdb_disk.hpp"
#include "cache/validation.hpp"
#include "cache/variant_choice.hpp"

namespace sluice::cache {
namespace {

constexpr std::size_t kIndexStep = 2048;         // queue entries a step
constexpr std::size_t kEvictionStep = 64;        // responses a step
constexpr std::uint64_t kMostFilesWaiting = 64;  // then compaction does not go on: stop storing
constexpr int kMostSecondChances = 16;           // before a response is evicted although it was used

using StoreResult = std::expected<void, StoreError>;

class RocksdbStore final : public Store {
 public:
  RocksdbStore(const RocksdbStoreOptions& options, CacheDirectory directory, RocksdbDatabase database);

  Found find(std::string_view key, Fields request) override;
  std::expected<Segment, StoreError> read(const StoredResponse& response, std::uint64_t offset) override;
  std::expected<std::unique_ptr<StoreWriter>, StoreError> write(std::uint64_t expected_size) override;
  StoreResult put(StoredResponsePtr response) override;
  StoreResult put_part(StoredResponsePtr part) override;
  std::expected<StoredResponsePtr, StoreError> freshen(const StoredResponse& response, StoredHead head) override;
  std::size_t purge(std::string_view key) override;
  std::vector<StoredResponsePtr> list(std::string_view key) override;
  bool may_have(std::string_view key) const override;
  StoreStats stats() const override;
  bool build_index_step() override;

  // For the writer.
  std::uint64_t new_id() { return next_id_.fetch_add(1ULL << kChunkBits, std::memory_order_relaxed); }
  bool is_too_large(std::uint64_t content) const;
  StoreError refuse(StoreError error);
  StoreResult reserve(std::uint64_t octets);
  void release(std::uint64_t octets);
  StoreResult write_chunk(std::uint64_t id, std::uint32_t number, const std::vector<Segment>& octets);
  struct Completed {
    std::uint64_t id = 0;
    std::uint32_t chunks_written = 0;
    std::uint64_t reserved = 0;
    std::vector<Segment> rest;  // of the last chunk, not written yet
  };
  std::expected<StoredResponsePtr, StoreError> commit(StoredHead head, Completed completed);
  void abandon(std::uint64_t id, std::uint64_t reserved);

 private:
  using Lock = std::scoped_lock<std::mutex>;

  std::uint64_t hash(std::string_view key) const { return hash_key(key, seed_); }
  std::expected<std::optional<StoredRecord>, StoreError> visible_record(std::string_view key);
  std::expected<StoredResponsePtr, StoreError> load(StoredVariant& variant);
  void drop_damaged(std::string_view key, std::uint64_t id);

  // REQUIRES (all below): `changes_` is held.
  StoredRecord record_to_change(std::string_view key);
  std::vector<std::uint64_t> put_variant(rocksdb::WriteBatch& batch, StoredRecord& record, StoredVariant variant);
  void note_stored(const std::string& key, const DiskIndex::Entry& entry, const std::vector<std::uint64_t>& replaced,
                   bool was_there);
  bool put_chunks(rocksdb::WriteBatch& batch, const StoredResponse& part, StoredVariant& variant);
  void forget(std::string_view key, std::uint64_t id);
  StoreResult admit_write();
  StoreResult make_room(std::uint64_t octets);
  StoreResult evict(const DiskIndex::Entry& entry);
  bool has_content_of(const StoredVariant& variant, const StoredResponse& response);
  bool give_second_chance(const DiskIndex::Entry& entry);
  bool write_anew(const DiskIndex::Entry& entry, StoredRecord& record, StoredVariant& variant);
  void measure();
  void reclaim_if_needed();  // REQUIRES: `changes_` is not held
  std::size_t remove_key(std::string_view key, StoreResult& result);
  void finish_removals();
  bool restore_entries();
  std::uint64_t used() const { return index_.octets() + open_.load() + unknown_.load(); }

  const RocksdbStoreOptions options_;
  const std::uint64_t seed_ = std::random_device{}() * 0x100000001ULL + std::random_device{}();
  CacheDirectory directory_;  // outlives the database in it
  RocksdbDisk disk_;
  DiskIndex index_;
  const std::uint64_t first_id_;
  std::atomic<std::uint64_t> next_id_;

  mutable std::mutex changes_;
  std::string index_cursor_ = queue_key(0);
  std::uint64_t next_measure_ = 0;             // octets written when the real size is looked at again
  std::uint64_t next_reclaim_ = 0;             // and garbage may be merged away again
  std::uint64_t allowance_;                    // what may be accounted for; the rest of the budget is for garbage
  bool is_over_ = false;                       // the real size was over the budget
  std::set<std::string, std::less<>> purged_;  // keys whose purge the disk did not take yet: they stay invisible
  std::vector<std::uint64_t> abandoned_;       // ids whose chunks the disk did not let go yet

  std::atomic<std::uint64_t> evicted_up_to_ = 0;  // the greatest id evicted
  std::atomic<bool> needs_reclaim_ = false;
  std::atomic_flag is_reclaiming_;
  std::atomic<bool> has_purged_ = false;
  std::atomic<bool> index_complete_ = false;
  std::atomic<std::uint64_t> open_ = 0;     // octets of responses being written
  std::atomic<std::uint64_t> unknown_ = 0;  // octets that earlier processes left and the index does not know yet
  std::atomic<std::uint64_t> evictions_ = 0;
  std::atomic<std::uint64_t> stores_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
};

// A response being written, a chunk at a time. What fits one chunk is not written before commit.
class RocksdbWriter final : public StoreWriter {
 public:
  explicit RocksdbWriter(RocksdbStore& store) : store_(store), id_(store.new_id()) {}
  ~RocksdbWriter() override { abandon(); }

  StoreResult append(Segment segment) override {
    if (is_over_) { return std::unexpected(error_); }
    if (store_.is_too_large(content_ + segment.size)) { return fail(StoreError::too_large); }
    content_ += segment.size;
    while (pending_size_ + segment.size > chunk_size(id_)) {
      const auto part = chunk_size(id_) - pending_size_;
      hold({segment.owner, segment.data, part});
      segment.data += part;
      segment.size -= part;
      if (auto written = write_pending(); !written) { return fail(written.error()); }
    }
    hold(std::move(segment));
    return {};
  }

  std::expected<StoredResponsePtr, StoreError> commit(StoredHead head) override {
    if (is_over_) { return std::unexpected(error_); }
    if (head.content_length != content_ || !is_storable(head)) { return fail(StoreError::damaged); }
    auto response = store_.commit(std::move(head), {id_, chunks_, reserved_, pending_});
    if (!response) { return fail(response.error()); }
    is_over_ = true;
    return response;
  }

 private:
  void hold(Segment segment) {
    if (segment.size == 0) { return; }
    pending_size_ += segment.size;
    pending_.push_back(std::move(segment));
  }

  StoreResult write_pending() {
    const auto octets = disk_charge({}, chunk_size(id_)) + pending_size_;
    if (auto room = store_.reserve(octets); !room) { return room; }
    reserved_ += octets;
    if (auto written = store_.write_chunk(id_, chunks_, pending_); !written) { return written; }
    ++chunks_;
    pending_.clear();
    pending_size_ = 0;
    return {};
  }

  std::unexpected<StoreError> fail(StoreError error) {
    error_ = store_.refuse(error);
    abandon();
    return std::unexpected(error);
  }

  void abandon() {
    if (std::exchange(is_over_, true)) { return; }
    pending_.clear();
    if (reserved_ != 0) { store_.abandon(id_, reserved_); }
  }

  RocksdbStore& store_;
  const std::uint64_t id_;
  std::vector<Segment> pending_;
  std::uint64_t pending_size_ = 0;
  std::uint64_t content_ = 0;
  std::uint64_t reserved_ = 0;
  std::uint32_t chunks_ = 0;
  bool is_over_ = false;
  StoreError error_ = StoreError::store_failed;  // what every call after the end says
};

std::uint64_t chunk_logarithm(std::uint64_t chunk) {
  return static_cast<std::uint64_t>(std::bit_width(std::clamp<std::uint64_t>(chunk, 1, 1ULL << 30)) - 1);
}

RocksdbStore::RocksdbStore(const RocksdbStoreOptions& options, CacheDirectory directory, RocksdbDatabase database)
    : options_(options),
      directory_(std::move(directory)),
      disk_(std::move(database)),
      first_id_(first_store_id(directory_.epoch())),
      next_id_(first_id_ + (1ULL << kChunkBits) + chunk_logarithm(options.chunk)),
      allowance_(options.budget - options.budget / 16 - std::min(options.budget / 4, 6 * options.memtable)) {
  rocksdb::WriteBatch batch;
  for (const auto id : disk_.unfinished_ids()) {
    disk_.remove_response(batch, id, std::nullopt);
    disk_.unmark_writing(batch, id);
  }
  if (batch.Count() != 0 && !disk_.write(batch)) { return; }  // the marks stay for the next opening
  unknown_ = disk_.database().live_octets();
}

// ---- reading

Store::Found RocksdbStore::find(std::string_view key, Fields request) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto record = visible_record(key);
    if (!record || !*record) { return {}; }
    auto& variants = (*record)->variants;
    VariantChoice choice(request);
    std::vector<VariantRule> rules;
    rules.reserve(variants.size());  // `choice` remembers them by address
    const auto chosen = std::ranges::find_if(variants, [&](const StoredVariant& variant) {
      return choice.is_selected(rules.emplace_back(variant_rule(variant.head)), variant.head.variant);
    });
    if (chosen == variants.end()) { return {nullptr, true}; }
    const auto id = chosen->store_id;
    if (auto response = load(*chosen)) {
      index_.mark_used(hash(key), id);
      return {std::move(*response), variants.size() > 1};
    } else if (response.error() == StoreError::store_failed) {
      return {};
    }
    // Replaced between the two reads, and the second attempt finds the new one; or its chunk is damaged or lost.
    if (attempt > 0) { drop_damaged(key, id); }
  }
  return {};
}

std::expected<std::optional<StoredRecord>, StoreError> RocksdbStore::visible_record(std::string_view key) {
  if (has_purged_.load()) {
    const Lock lock(changes_);
    if (purged_.contains(key)) { return std::nullopt; }
  }
  auto record = disk_.read_record(key);
  if (!record && record.error() == StoreError::damaged) { drop_damaged(key, 0); }
  return record;
}

std::expected<StoredResponsePtr, StoreError> RocksdbStore::load(StoredVariant& variant) {
  auto response = std::make_shared<StoredResponse>();
  response->store_id = variant.store_id;
  response->head = std::move(variant.head);
  response->present = std::move(variant.present);
  const auto length = response->head.content_length;
  if (length > 0 && length <= chunk_size(response->store_id)) {
    auto content = disk_.read_chunk(response->store_id, 0, length);
    if (!content) { return std::unexpected(content.error()); }
    response->segments.push_back(std::move(*content));
  }
  return response;
}

std::expected<Segment, StoreError> RocksdbStore::read(const StoredResponse& response, std::uint64_t offset) {
  const auto chunk = chunk_size(response.store_id);
  if (offset >= response.head.content_length) { return std::unexpected(StoreError::gone); }
  if (response.is_resident()) {
    auto piece = response.resident_piece(offset);
    if (piece.size == 0) { return std::unexpected(StoreError::gone); }
    return piece;
  }
  const auto number = offset / chunk;
  const auto size = std::min(chunk, response.head.content_length - number * chunk);
  auto content = disk_.read_chunk(response.store_id, static_cast<std::uint32_t>(number), size);
  if (!content) {
    if (content.error() != StoreError::store_failed) { drop_damaged(response.head.key, response.store_id); }
    return content;
  }
  const auto skip = offset - number * chunk;
  content->data += skip;
  content->size -= skip;
  return content;
}

std::vector<StoredResponsePtr> RocksdbStore::list(std::string_view key) {
  std::vector<StoredResponsePtr> all;
  auto record = visible_record(key);
  if (!record || !*record) { return all; }
  for (auto& variant : (*record)->variants) {
    auto response = std::make_shared<StoredResponse>();
    response->head = std::move(variant.head);
    response->store_id = variant.store_id;
    response->present = std::move(variant.present);
    all.push_back(std::move(response));
  }
  return all;
}

bool RocksdbStore::may_have(std::string_view key) const {
  return !index_complete_.load(std::memory_order_acquire) || index_.has(hash(key));
}

StoreStats RocksdbStore::stats() const {
  return {.responses = index_.size(),
          .octets = used(),
          .budget = options_.budget,
          .evictions = evictions_,
          .stores = stores_,
          .refused = refused_,
          .errors = disk_.errors()};
}

// ---- writing

bool RocksdbStore::is_too_large(std::uint64_t content) const {
  return content > options_.largest_response || content > options_.budget;
}

StoreError RocksdbStore::refuse(StoreError error) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  return error;
}

std::expected<std::unique_ptr<StoreWriter>, StoreError> RocksdbStore::write(std::uint64_t expected_size) {
  if (is_too_large(expected_size)) { return std::unexpected(refuse(StoreError::too_large)); }
  return std::make_unique<RocksdbWriter>(*this);
}

StoreResult RocksdbStore::put(StoredResponsePtr response) {
  if (!response->is_resident()) { return std::unexpected(refuse(StoreError::too_large)); }
  auto writer = write(response->head.content_length);
  if (!writer) { return std::unexpected(writer.error()); }
  for (const auto& segment : response->segments) {
    if (auto appended = (*writer)->append(segment); !appended) { return appended; }
  }
  auto stored = (*writer)->commit(response->head);
  if (!stored) { return std::unexpected(stored.error()); }
  return {};
}

// The chunks that are whole in `part` and not there yet; false when there is none.
bool RocksdbStore::put_chunks(rocksdb::WriteBatch& batch, const StoredResponse& part, StoredVariant& variant) {
  const auto chunk = chunk_size(variant.store_id);
  const auto length = part.head.content_length;
  bool has_any = false;
  for (const auto& range : part.present->ranges()) {
    for (auto first = (range.first + chunk - 1) / chunk * chunk; first <= range.last; first += chunk) {
      const ByteRange octets{first, std::min(first + chunk, length) - 1};
      if (octets.last > range.last || variant.present->covers(octets)) { continue; }
      disk_.put_chunk(batch, variant.store_id, static_cast<std::uint32_t>(first / chunk), content_of(part, octets));
      variant.present->add(octets);
      has_any = true;
    }
  }
  return has_any;
}

StoreResult RocksdbStore::put_part(StoredResponsePtr part) {
  const auto length = part->head.content_length;
  if (!part->is_resident() || is_too_large(length)) { return std::unexpected(refuse(StoreError::too_large)); }
  if (!is_storable(part->head)) { return std::unexpected(refuse(StoreError::damaged)); }
  reclaim_if_needed();
  const Lock lock(changes_);
  if (auto admitted = admit_write(); !admitted) { return std::unexpected(refuse(admitted.error())); }
  // More than it comes to when the response is there already.
  if (auto room = make_room(disk_charge(part->head, options_.chunk, part->present)); !room) {
    return std::unexpected(refuse(room.error()));
  }
  StoredRecord record = record_to_change(part->head.key);
  const auto same =
      std::ranges::find_if(record.variants, [&](const auto& v) { return v.head.variant == part->head.variant; });
  const bool joins = same != record.variants.end() && may_combine(same->head, part->head);
  if (joins && !same->present) { return {}; }
  StoredVariant variant = joins ? *same : StoredVariant{part->head, new_id(), 0, Spans{}};
  if (joins) { variant.head = combine_heads(same->head, part->head); }
  rocksdb::WriteBatch batch;
  if (!put_chunks(batch, *part, variant)) { return {}; }
  if (variant.present->covers({0, length - 1})) { variant.present.reset(); }
  variant.octets = disk_charge(variant.head, chunk_size(variant.store_id), variant.present);
  const auto id = variant.store_id;
  const auto charge = variant.octets;
  const auto replaced = put_variant(batch, record, std::move(variant));
  if (auto written = disk_.write(batch); !written) { return std::unexpected(refuse(written.error())); }
  note_stored(record.key, {hash(record.key), id, charge}, replaced, joins);
  return {};
}

// Puts a variant in front of its record, its queue entry and the record into the batch. What it takes the place of
// goes, its own chunks excepted, and so does the oldest of too many: their ids.
std::vector<std::uint64_t> RocksdbStore::put_variant(rocksdb::WriteBatch& batch, StoredRecord& record,
                                                     StoredVariant variant) {
  auto& variants = record.variants;
  std::vector<std::uint64_t> replaced;
  const auto remove = [&](std::vector<StoredVariant>::iterator old) {
    if (old->store_id != variant.store_id) {
      disk_.remove_response(batch, old->store_id, old->head.content_length);
      replaced.push_back(old->store_id);
    }
    variants.erase(old);
  };
  const auto same =
      std::ranges::find_if(variants, [&](const auto& v) { return v.head.variant == variant.head.variant; });
  if (same != variants.end()) { remove(same); }
  while (variants.size() >= kMostVariants) { remove(std::prev(variants.end())); }
  disk_.put_owner(batch, variant.store_id, variant.octets, record.key);
  variants.insert(variants.begin(), std::move(variant));
  disk_.put_record(batch, record);
  return replaced;
}

// What was written is in the index from now on.
void RocksdbStore::note_stored(const std::string& key, const DiskIndex::Entry& entry,
                               const std::vector<std::uint64_t>& replaced, bool was_there) {
  purged_.erase(key);
  has_purged_ = !purged_.empty();
  for (const auto old : replaced) { index_.remove(entry.hash, old); }
  if (was_there) {
    index_.recharge(entry.hash, entry.id, entry.octets);
  } else {
    index_.add(entry);
  }
  stores_.fetch_add(1, std::memory_order_relaxed);
}

StoreResult RocksdbStore::reserve(std::uint64_t octets) {
  reclaim_if_needed();
  const Lock lock(changes_);
  if (auto admitted = admit_write(); !admitted) { return admitted; }
  if (auto room = make_room(octets); !room) { return room; }
  open_ += octets;
  return {};
}

void RocksdbStore::release(std::uint64_t octets) {
  open_ -= octets;
}

StoreResult RocksdbStore::write_chunk(std::uint64_t id, std::uint32_t number, const std::vector<Segment>& octets) {
  rocksdb::WriteBatch batch;
  if (number == 0) { disk_.mark_writing(batch, id); }
  disk_.put_chunk(batch, id, number, octets);
  return disk_.write(batch);
}

std::expected<StoredResponsePtr, StoreError> RocksdbStore::commit(StoredHead head, Completed completed) {
  const auto id = completed.id;
  const auto charge = disk_charge(head, chunk_size(id));
  reclaim_if_needed();
  const Lock lock(changes_);
  if (auto admitted = admit_write(); !admitted) { return std::unexpected(admitted.error()); }
  const auto missing = charge > completed.reserved ? charge - completed.reserved : 0;
  if (auto room = make_room(missing); !room) { return std::unexpected(room.error()); }

  StoredRecord record = record_to_change(head.key);
  rocksdb::WriteBatch batch;
  const auto replaced = put_variant(batch, record, {std::move(head), id, charge});
  if (!completed.rest.empty()) { disk_.put_chunk(batch, id, completed.chunks_written, completed.rest); }
  if (completed.chunks_written != 0) { disk_.unmark_writing(batch, id); }
  if (auto written = disk_.write(batch); !written) { return std::unexpected(written.error()); }
  note_stored(record.key, {hash(record.key), id, charge}, replaced, false);
  release(completed.reserved);
  auto response = std::make_shared<StoredResponse>();
  response->head = std::move(record.variants.front().head);
  response->store_id = id;
  if (completed.chunks_written == 0) { response->segments = std::move(completed.rest); }
  return response;
}

void RocksdbStore::abandon(std::uint64_t id, std::uint64_t reserved) {
  const Lock lock(changes_);
  abandoned_.push_back(id);
  release(reserved);
  finish_removals();
}

bool RocksdbStore::has_content_of(const StoredVariant& variant, const StoredResponse& response) {
  if (!response.is_resident()) { return false; }
  for (std::uint64_t offset = 0; offset < response.head.content_length;) {
    const auto size = std::min(chunk_size(variant.store_id), response.head.content_length - offset);
    const auto stored =
        disk_.read_chunk(variant.store_id, static_cast<std::uint32_t>(offset / chunk_size(variant.store_id)), size);
    if (!stored) { return false; }
    for (std::string_view rest = stored->view(); !rest.empty();) {
      const auto piece = read(response, offset);
      if (!piece || !piece->view().substr(0, rest.size()).starts_with(rest.substr(0, piece->size))) { return false; }
      const auto compared = std::min(piece->size, rest.size());
      rest.remove_prefix(compared);
      offset += compared;
    }
  }
  return true;
}

std::expected<StoredResponsePtr, StoreError> RocksdbStore::freshen(const StoredResponse& response, StoredHead head) {
  const auto& old = response.head;
  if (head.key != old.key || head.content_length != old.content_length || !is_storable(head)) {
    return std::unexpected(StoreError::gone);
  }
  const Lock lock(changes_);
  if (auto admitted = admit_write(); !admitted) { return std::unexpected(admitted.error()); }
  if (auto room = make_room(disk_charge(head, options_.chunk) - head.content_length); !room) {
    return std::unexpected(room.error());
  }
  StoredRecord record = record_to_change(old.key);
  auto& variants = record.variants;
  // A response that came from the memory tier has no id, and one that got a second chance another: then the content
  // itself decides.
  const auto is_same = [&](const StoredVariant& v) {
    if (v.head.variant != old.variant || v.head.content_length != old.content_length) { return false; }
    // Of parts each tier may have others: they belong together by their validator.
    if (v.present || !response.is_whole()) { return may_combine(v.head, old); }
    return v.store_id == response.store_id || has_content_of(v, response);
  };
  auto target = std::ranges::find_if(variants, is_same);
  if (target == variants.end()) { return std::unexpected(StoreError::gone); }
  rocksdb::WriteBatch batch;
  std::uint64_t clash = 0;  // another response that already has the variant of the new head
  const auto id = target->store_id;
  for (auto v = variants.begin(); v != variants.end(); ++v) {
    if (v->store_id == id || v->head.variant != head.variant) { continue; }
    clash = v->store_id;
    disk_.remove_response(batch, clash, v->head.content_length);
    variants.erase(v);
    break;
  }
  target = std::ranges::find_if(variants, [&](const auto& v) { return v.store_id == id; });
  target->octets = disk_charge(head, chunk_size(id), target->present);
  target->head = std::move(head);
  disk_.put_owner(batch, id, target->octets, record.key);
  disk_.put_record(batch, record);
  if (auto written = disk_.write(batch); !written) { return std::unexpected(written.error()); }
  const auto hashed = hash(record.key);
  index_.remove(hashed, clash);
  index_.recharge(hashed, id, target->octets);
  auto fresh = std::make_shared<StoredResponse>();
  fresh->head = std::move(target->head);
  fresh->segments = response.segments;
  fresh->present = response.is_resident() ? response.present : target->present;
  fresh->store_id = id;
  return fresh;
}

// ---- removing

std::size_t RocksdbStore::purge(std::string_view key) {
  const Lock lock(changes_);
  if (purged_.contains(key)) { return 0; }
  StoreResult result;
  const auto removed = remove_key(key, result);
  if (!result) {
    purged_.emplace(key);
    has_purged_ = true;
  }
  return removed;
}

// Removes all that is known under a key, by its record or, when that is damaged, by the index.
std::size_t RocksdbStore::remove_key(std::string_view key, StoreResult& result) {
  const auto hashed = hash(key);
  const auto record = disk_.read_record(key);
  if (record && !*record) { return 0; }
  rocksdb::WriteBatch batch;
  std::vector<std::uint64_t> ids;
  if (record) {
    for (const auto& variant : (*record)->variants) {
      ids.push_back(variant.store_id);
      disk_.remove_response(batch, variant.store_id, variant.head.content_length);
    }
  } else {
    for (const auto id : index_.ids_of(hashed)) {
      if (disk_.read_owner(id) != key) { continue; }
      ids.push_back(id);
      disk_.remove_response(batch, id, std::nullopt);
    }
  }
  disk_.remove_record(batch, key);
  result = disk_.write(batch);
  if (result) {
    for (const auto id : ids) { index_.remove(hashed, id); }
  }
  return ids.size();
}

// `id` 0: the whole record is damaged.
void RocksdbStore::drop_damaged(std::string_view key, std::uint64_t id) {
  const Lock lock(changes_);
  StoreResult result;
  const auto record = disk_.read_record(key);
  if (!record) {
    if (record.error() == StoreError::damaged) { remove_key(key, result); }
  } else if (*record && id != 0) {
    forget(key, id);
  }
}

// The record as it is to be changed; empty when there is none that can be read (what it held is then evicted in time).
StoredRecord RocksdbStore::record_to_change(std::string_view key) {
  finish_removals();
  if (!purged_.contains(key)) {
    if (auto record = disk_.read_record(key); record && *record) { return std::move(**record); }
  }
  return {std::string(key), {}};
}

// Removes one response, its variant in the record included.
void RocksdbStore::forget(std::string_view key, std::uint64_t id) {
  DiskIndex::Entry entry{hash(key), id, 0};
  static_cast<void>(evict(entry));
}

StoreResult RocksdbStore::evict(const DiskIndex::Entry& entry) {
  rocksdb::WriteBatch batch;
  const std::string key = disk_.read_owner(entry.id);
  std::optional<std::uint64_t> content_length;
  if (!key.empty()) {
    if (auto record = disk_.read_record(key); record && *record) {
      auto& variants = (*record)->variants;
      const auto own = std::ranges::find_if(variants, [&](const auto& v) { return v.store_id == entry.id; });
      if (own != variants.end()) {
        content_length = own->head.content_length;
        variants.erase(own);
        disk_.put_record(batch, **record);
      }
    }
  }
  disk_.remove_response(batch, entry.id, content_length);
  if (auto written = disk_.write(batch); !written) { return written; }
  index_.remove(entry.hash, entry.id);
  return {};
}

// What the disk did not take when it was asked for; tried again before each change.
void RocksdbStore::finish_removals() {
  while (!purged_.empty() && disk_.gate().is_open()) {
    StoreResult result;
    const std::string key = *purged_.begin();
    remove_key(key, result);
    if (!result) { break; }
    purged_.erase(key);
  }
  has_purged_ = !purged_.empty();
  while (!abandoned_.empty() && disk_.gate().is_open()) {
    rocksdb::WriteBatch batch;
    disk_.remove_response(batch, abandoned_.back(), std::nullopt);
    disk_.unmark_writing(batch, abandoned_.back());
    if (!disk_.write(batch)) { break; }
    abandoned_.pop_back();
  }
}

// ---- budget

StoreResult RocksdbStore::admit_write() {
  if (!disk_.gate().is_open()) {
    if (!disk_.gate().admit()) { return std::unexpected(disk_.gate().last_error()); }
    disk_.database().db->Resume().PermitUncheckedError();  // when it did not help, the write that follows says so
  }
  if (disk_.octets_written() >= next_measure_ || is_over_) { measure(); }
  if (is_over_) { return std::unexpected(StoreError::no_space); }
  return {};
}

// Content that was removed stays in its file until all of the file is garbage, so the files are larger than what is
// accounted for. This keeps the files, not only the account, within the budget: when they come near it, less may be
// stored and what was removed is merged away; when there is room, more.
void RocksdbStore::measure() {
  const auto step = std::max<std::uint64_t>(options_.memtable / 2, 1);
  const auto most = options_.budget - options_.budget / 16;
  const auto on_disk = disk_.database().octets_on_disk();
  next_measure_ = disk_.octets_written() + step;
  if (on_disk > most) {
    allowance_ = std::max(options_.budget / 4, allowance_ - std::min(allowance_, step));
    if (disk_.octets_written() >= next_reclaim_) {
      next_reclaim_ = disk_.octets_written() + std::max(options_.memtable, options_.budget / 64);
      needs_reclaim_ = true;
    }
  } else if (on_disk + 2 * step < most) {
    allowance_ = std::min(most, allowance_ + step);
  }
  is_over_ = on_disk > options_.budget || disk_.database().files_waiting() > kMostFilesWaiting;
  if (!is_over_) { return; }
  const auto evicted = evictions_.load();
  static_cast<void>(make_room(0));  // the caller refuses whatever comes of it
  if (evictions_ != evicted) { needs_reclaim_ = true; }
}

void RocksdbStore::reclaim_if_needed() {
  if (!needs_reclaim_.load() || !disk_.gate().is_open() || is_reclaiming_.test_and_set()) { return; }
  needs_reclaim_ = false;
  disk_.database().reclaim(chunk_key(evicted_up_to_, UINT32_MAX));
  is_reclaiming_.clear();
}

StoreResult RocksdbStore::make_room(std::uint64_t octets) {
  for (int chances = 0; used() + octets > allowance_;) {
    const auto oldest = index_.oldest();
    if (!oldest) { return std::unexpected(StoreError::no_space); }
    if (oldest->is_used && chances++ < kMostSecondChances && give_second_chance(oldest->entry)) { continue; }
    if (auto evicted = evict(oldest->entry); !evicted) { return evicted; }
    evicted_up_to_ = std::max(evicted_up_to_.load(), oldest->entry.id);
    evictions_.fetch_add(1, std::memory_order_relaxed);
  }
  return {};
}

// A response of one chunk is written anew, so that the file it lay in can go; a longer one fills files of its own and
// stays where it is. False when it cannot be kept.
bool RocksdbStore::give_second_chance(const DiskIndex::Entry& entry) {
  auto record = disk_.read_record(disk_.read_owner(entry.id));
  if (!record || !*record) { return false; }
  const auto own = std::ranges::find_if((*record)->variants, [&](const auto& v) { return v.store_id == entry.id; });
  if (own == (*record)->variants.end()) { return false; }
  const auto length = own->head.content_length;
  if (length == 0 || length > std::min(chunk_size(entry.id), chunk_size(next_id_))) {
    index_.requeue(entry.hash, entry.id);
    return true;
  }
  return write_anew(entry, **record, *own);
}

bool RocksdbStore::write_anew(const DiskIndex::Entry& entry, StoredRecord& record, StoredVariant& variant) {
  auto content = disk_.read_chunk(entry.id, 0, variant.head.content_length);
  if (!content) { return false; }
  rocksdb::WriteBatch batch;
  disk_.remove_response(batch, entry.id, variant.head.content_length);
  variant.store_id = new_id();
  disk_.put_chunk(batch, variant.store_id, 0, {std::move(*content)});
  disk_.put_owner(batch, variant.store_id, variant.octets, record.key);
  disk_.put_record(batch, record);
  if (!disk_.write(batch)) { return false; }
  index_.remove(entry.hash, entry.id);
  index_.add({entry.hash, variant.store_id, variant.octets});
  evicted_up_to_ = std::max(evicted_up_to_.load(), entry.id);
  return true;
}

bool RocksdbStore::build_index_step() {
  const Lock lock(changes_);
  if (!index_complete_.load()) { return restore_entries(); }
  for (std::size_t i = 0; i < kEvictionStep && used() > allowance_; ++i) {
    const auto oldest = index_.oldest();
    if (!oldest || !evict(oldest->entry)) { return false; }
    evictions_.fetch_add(1, std::memory_order_relaxed);
  }
  return used() > allowance_;
}

// When the queue cannot be read to its end, the index stays incomplete: may_have() goes on saying "perhaps", and the
// part not known goes on counting against the budget.
bool RocksdbStore::restore_entries() {
  std::vector<RocksdbDisk::Owned> owned;
  if (!disk_.read_owners(index_cursor_, first_id_, kIndexStep, owned)) { return false; }
  for (const auto& entry : owned) {
    index_.restore({hash(entry.key), entry.id, entry.octets});
    unknown_ -= std::min(unknown_.load(), entry.octets);
  }
  if (owned.size() == kIndexStep) { return true; }
  unknown_ = 0;
  index_complete_.store(true, std::memory_order_release);
  return used() > allowance_;
}

// ---- opening

std::expected<void, std::string> open_or_start_empty(CacheDirectory& directory, const RocksdbTuning& tuning,
                                                     RocksdbDatabase& database, std::vector<std::string>& warnings) {
  const std::string path = directory.path() + "/db";
  const auto opened = open_database(path, tuning, database);
  if (opened.ok()) { return {}; }
  if (!opened.IsCorruption() && !opened.IsInvalidArgument() && !opened.IsNotFound()) {
    return std::unexpected("cannot open the cache in " + directory.path() + ": " + opened.ToString());
  }
  if (repair_database(path, tuning).ok() && open_database(path, tuning, database).ok()) {
    warnings.push_back("the cache in " + directory.path() + " was damaged (" + opened.ToString() +
                       "); it was repaired and may have lost responses");
    return {};
  }
  if (auto aside = directory.set_aside("is damaged beyond repair (" + opened.ToString() + ")", warnings); !aside) {
    return aside;
  }
  const auto fresh = open_database(path, tuning, database);
  if (!fresh.ok()) { return std::unexpected("cannot create a cache in " + directory.path() + ": " + fresh.ToString()); }
  return {};
}

}  // namespace

std::expected<std::unique_ptr<Store>, std::string> open_rocksdb_store(const RocksdbStoreOptions& options,
                                                                      std::vector<std::string>* warnings) {
  std::vector<std::string> unasked;
  auto& said = warnings != nullptr ? *warnings : unasked;
  auto directory = CacheDirectory::open(options.directory, said);
  if (!directory) { return std::unexpected(directory.error()); }
  // A memtable and its log are a small part of the budget, also of a small one.
  auto tuned = options;
  tuned.memtable = std::clamp<std::uint64_t>(options.budget / 32, 64 << 10, options.memtable);
  const RocksdbTuning tuning{tuned.block_cache, tuned.memtable};
  RocksdbDatabase database;
  if (auto opened = open_or_start_empty(*directory, tuning, database, said); !opened) {
    return std::unexpected(opened.error());
  }
  return std::make_unique<RocksdbStore>(tuned, std::move(*directory), std::move(database));
}

}  // namespace sluice::cache
