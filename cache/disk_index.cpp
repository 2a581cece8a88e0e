#include "cache/disk_index.hpp"

#include <utility>

namespace sluice::cache {

void DiskIndex::add(const Entry& entry) {
  insert(entry, false);
}
void DiskIndex::restore(const Entry& entry) {
  insert(entry, true);
}

void DiskIndex::insert(const Entry& entry, bool is_restored) {
  const std::scoped_lock lock(mutex_);
  Place place = free_;
  if (place != kNone) {
    free_ = slots_[place].chain;
  } else {
    place = static_cast<Place>(slots_.size());
    slots_.emplace_back();
  }
  Slot& slot = slots_[place];
  slot = {};
  slot.hash = entry.hash;
  slot.id = entry.id;
  slot.units = (entry.octets + kOctetsPerUnit - 1) / kOctetsPerUnit;
  slot.is_restored = is_restored ? 1 : 0;
  units_ += slot.units;
  if (++size_ > buckets_.size()) { grow_buckets(); }
  slot.chain = std::exchange(buckets_[bucket_of(entry.hash)], place);
  push(place);
}

std::optional<DiskIndex::Entry> DiskIndex::remove(std::uint64_t hash, std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  Place* link = find_link(hash, id);
  if (*link == kNone) { return std::nullopt; }
  const Place place = *link;
  Slot& slot = slots_[place];
  *link = slot.chain;
  const Entry entry = entry_at(place);
  unlink(place);
  units_ -= slot.units;
  --size_;
  slot.chain = std::exchange(free_, place);
  return entry;
}

void DiskIndex::mark_used(std::uint64_t hash, std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  if (const Place place = *find_link(hash, id); place != kNone) { slots_[place].is_used = 1; }
}

void DiskIndex::recharge(std::uint64_t hash, std::uint64_t id, std::uint64_t octets) {
  const std::scoped_lock lock(mutex_);
  const Place place = *find_link(hash, id);
  if (place == kNone) { return; }
  units_ -= slots_[place].units;
  slots_[place].units = (octets + kOctetsPerUnit - 1) / kOctetsPerUnit;
  units_ += slots_[place].units;
}

bool DiskIndex::has(std::uint64_t hash) const {
  const std::scoped_lock lock(mutex_);
  Place place = buckets_[bucket_of(hash)];
  while (place != kNone && slots_[place].hash != hash) { place = slots_[place].chain; }
  return place != kNone;
}

std::vector<std::uint64_t> DiskIndex::ids_of(std::uint64_t hash) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::uint64_t> ids;
  for (Place place = buckets_[bucket_of(hash)]; place != kNone; place = slots_[place].chain) {
    if (slots_[place].hash == hash) { ids.push_back(slots_[place].id); }
  }
  return ids;
}

std::optional<DiskIndex::Oldest> DiskIndex::oldest() const {
  const std::scoped_lock lock(mutex_);
  const Place place = restored_.oldest != kNone ? restored_.oldest : added_.oldest;
  if (place == kNone) { return std::nullopt; }
  return Oldest{entry_at(place), slots_[place].is_used != 0};
}

void DiskIndex::requeue(std::uint64_t hash, std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  const Place place = *find_link(hash, id);
  if (place == kNone) { return; }
  unlink(place);
  slots_[place].is_used = 0;
  slots_[place].is_restored = 0;
  push(place);
}

std::uint64_t DiskIndex::octets() const {
  const std::scoped_lock lock(mutex_);
  return units_ * kOctetsPerUnit;
}

std::size_t DiskIndex::size() const {
  const std::scoped_lock lock(mutex_);
  return size_;
}

std::size_t DiskIndex::bucket_of(std::uint64_t hash) const {
  const std::size_t narrow = hash & (level_ - 1);
  return narrow < buckets_.size() - level_ ? hash & (2 * level_ - 1) : narrow;
}

// One bucket is split for each entry that comes, so that no call ever rehashes the whole table.
void DiskIndex::grow_buckets() {
  const std::size_t split = buckets_.size() - level_;
  Place rest = std::exchange(buckets_[split], kNone);
  buckets_.push_back(kNone);
  while (rest != kNone) {
    const Place place = std::exchange(rest, slots_[rest].chain);
    slots_[place].chain = std::exchange(buckets_[bucket_of(slots_[place].hash)], place);
  }
  if (buckets_.size() == 2 * level_) { level_ *= 2; }
}

// Where the entry hangs: the bucket, or the chain of the entry before it; what it points to is kNone when there is
// none.
DiskIndex::Place* DiskIndex::find_link(std::uint64_t hash, std::uint64_t id) {
  Place* link = &buckets_[bucket_of(hash)];
  while (*link != kNone && (slots_[*link].hash != hash || slots_[*link].id != id)) { link = &slots_[*link].chain; }
  return link;
}

void DiskIndex::push(Place place) {
  Slot& slot = slots_[place];
  Order& order = order_of(slot);
  slot.newer = kNone;
  slot.older = order.newest;
  (order.newest != kNone ? slots_[order.newest].newer : order.oldest) = place;
  order.newest = place;
}

void DiskIndex::unlink(Place place) {
  const Slot& slot = slots_[place];
  Order& order = order_of(slot);
  (slot.newer != kNone ? slots_[slot.newer].older : order.newest) = slot.older;
  (slot.older != kNone ? slots_[slot.older].newer : order.oldest) = slot.newer;
}

DiskIndex::Entry DiskIndex::entry_at(Place place) const {
  const Slot& slot = slots_[place];
  return {slot.hash, slot.id, slot.units * kOctetsPerUnit};
}

}  // namespace sluice::cache
