#include <algorithm>
#include <utility>

#include "cache/rocksdb_tier.hpp"
#include "cache/variant_choice.hpp"

namespace sluice::cache {

Store::Found RocksdbTier::find(std::string_view key, Fields request) {
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
    if (auto response = load(key, *chosen)) {
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

bool RocksdbTier::is_being_purged(std::string_view key) {
  if (!has_purged_.load()) { return false; }
  const Lock lock(changes_);
  return purged_.contains(key);
}

std::expected<std::optional<StoredRecord>, StoreError> RocksdbTier::visible_record(std::string_view key) {
  if (is_being_purged(key)) { return std::nullopt; }
  auto record = disk_.read_record(key);
  if (!record && record.error() == StoreError::damaged) { drop_damaged(key, 0); }
  return record;
}

std::expected<StoredResponsePtr, StoreError> RocksdbTier::load(std::string_view key, StoredVariant& variant) {
  auto response = std::make_shared<StoredResponse>();
  response->store_id = variant.store_id;
  response->head = std::move(variant.head);
  response->present = std::move(variant.present);
  const auto length = response->head.content_length;
  if (length > 0 && length <= chunk_size(response->store_id)) {
    auto content = disk_.read_chunk(response->store_id, 0, length);
    if (!content) { return std::unexpected(content.error()); }
    response->segments.push_back(std::move(*content));
  } else if (length > 0) {
    // Held first, looked at afterwards: what is still owned now stays readable.
    response->hold = holds_->hold(response->store_id);
    if (response->hold == nullptr || disk_.read_owner(response->store_id) != key) {
      return std::unexpected(StoreError::gone);
    }
  }
  return response;
}

std::expected<Segment, StoreError> RocksdbTier::read(const StoredResponse& response, std::uint64_t offset) {
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

namespace {

void append_heads(std::vector<StoredVariant>& variants, std::vector<StoredResponsePtr>& out) {
  for (auto& variant : variants) {
    auto response = std::make_shared<StoredResponse>();
    response->head = std::move(variant.head);
    response->store_id = variant.store_id;
    response->present = std::move(variant.present);
    out.push_back(std::move(response));
  }
}

}  // namespace

std::vector<StoredResponsePtr> RocksdbTier::list(std::string_view key) {
  std::vector<StoredResponsePtr> all;
  auto record = visible_record(key);
  if (record && *record) { append_heads((*record)->variants, all); }
  return all;
}

// A place is the key to go on at.
Store::Page RocksdbTier::walk(std::string_view prefix, std::string_view from, std::size_t most) {
  Page page;
  std::vector<StoredRecord> records;
  page.next = disk_.read_records(prefix, from, most, records);
  for (auto& record : records) {
    if (!is_being_purged(record.key)) { append_heads(record.variants, page.responses); }
  }
  return page;
}

bool RocksdbTier::may_have(std::string_view key) const {
  return !index_complete_.load(std::memory_order_acquire) || index_.has(hash(key));
}

}  // namespace sluice::cache
