#include <algorithm>
#include <utility>

#include "cache/partial_content.hpp"
#include "cache/rocksdb_tier.hpp"

namespace sluice::cache {

bool RocksdbTier::has_content_of(const StoredVariant& variant, const StoredResponse& response) {
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

std::expected<StoredResponsePtr, StoreError> RocksdbTier::freshen(const StoredResponse& response, StoredHead head) {
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
    if (v.store_id == response.store_id) { return true; }
    // Of parts each tier may have others: they belong together by their validator.
    if (v.present || !response.is_whole()) { return may_combine(v.head, old); }
    return has_content_of(v, response);
  };
  auto target = std::ranges::find_if(variants, is_same);
  if (target == variants.end()) { return std::unexpected(StoreError::gone); }
  rocksdb::WriteBatch batch;
  RocksdbRemoval clash(disk_, *holds_);  // another response that already has the variant of the new head
  const auto id = target->store_id;
  for (auto v = variants.begin(); v != variants.end(); ++v) {
    if (v->store_id == id || v->head.variant != head.variant) { continue; }
    clash.add(batch, v->store_id, v->octets, v->head.content_length);
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
  open_ += clash.done();
  for (const auto removed : clash.ids()) { index_.remove(hashed, removed); }
  index_.recharge(hashed, id, target->octets);
  auto fresh = std::make_shared<StoredResponse>();
  fresh->head = std::move(target->head);
  fresh->segments = response.segments;
  fresh->present = response.is_resident() ? response.present : target->present;
  fresh->store_id = id;
  fresh->hold = response.hold;
  return fresh;
}

}  // namespace sluice::cache
