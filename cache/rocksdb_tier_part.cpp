#include <algorithm>
#include <utility>

#include "cache/partial_content.hpp"
#include "cache/rocksdb_tier.hpp"
#include "cache/validation.hpp"

namespace sluice::cache {
namespace {

constexpr std::size_t kMostMessages = 256;  // parts of more than so many at the same time need a validator to join

}  // namespace

bool RocksdbTier::is_of_message(std::uint64_t id, std::uint64_t message) const {
  if (message == 0) { return false; }
  return std::ranges::find(messages_, std::pair(id, message)) != messages_.end();
}

// Of which message all of a stored part is; a part of another one that joined it makes that nobody's.
void RocksdbTier::note_message(std::uint64_t id, std::uint64_t message) {
  if (is_of_message(id, message)) { return; }
  const bool is_joined = std::erase_if(messages_, [&](const auto& known) { return known.first == id; }) != 0;
  if (!is_joined && message != 0) { messages_.emplace_back(id, message); }
  if (messages_.size() > kMostMessages) { messages_.pop_front(); }
}

// The chunks that are whole in `part` and not there yet; false when there is none.
bool RocksdbTier::put_chunks(rocksdb::WriteBatch& batch, const StoredResponse& part, StoredVariant& variant) {
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

StoreResult RocksdbTier::put_part(StoredResponsePtr part) {
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
  const bool joins = same != record.variants.end() &&
                     (is_of_message(same->store_id, part->message) || may_combine(same->head, part->head));
  if (joins && !same->present) { return {}; }
  StoredVariant variant = joins ? *same : StoredVariant{part->head, new_id(), 0, Spans{}};
  if (joins) { variant.head = combine_heads(same->head, part->head); }
  rocksdb::WriteBatch batch;
  // A part that brings no chunk still says that what is there is fresh.
  if (!put_chunks(batch, *part, variant) && !joins) { return {}; }
  if (variant.present->covers({0, length - 1})) { variant.present.reset(); }
  variant.octets = disk_charge(variant.head, chunk_size(variant.store_id), variant.present);
  const DiskIndex::Entry entry{hash(record.key), variant.store_id, variant.octets};
  RocksdbRemoval replaced(disk_, *holds_);
  put_variant(batch, record, std::move(variant), replaced);
  if (auto written = disk_.write(batch); !written) { return std::unexpected(refuse(written.error())); }
  note_stored(record.key, entry, replaced, joins);
  note_message(entry.id, part->message);
  return {};
}

}  // namespace sluice::cache
