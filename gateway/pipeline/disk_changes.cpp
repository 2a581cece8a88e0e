#include "gateway/pipeline/disk_changes.hpp"

#include "cache/partial_content.hpp"

namespace sluice::pipeline {

bool is_other_representation(const cache::StoredHead& stored, const cache::StoredHead& head) {
  return stored.variant == head.variant && !cache::may_combine(stored, head);
}

void DiskChanges::begin_write(std::string_view key) {
  const std::lock_guard lock(mutex_);
  ++change_of(key)->second.writes;
  bump(key);
}

void DiskChanges::end_write(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto change = changes_.find(key);
  --change->second.writes;
  forget_if_done(change);
}

void DiskChanges::begin_part(std::string_view key) {
  const std::lock_guard lock(mutex_);
  ++change_of(key)->second.parts;
}

void DiskChanges::end_part(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto change = changes_.find(key);
  --change->second.parts;
  forget_if_done(change);
}

std::size_t DiskChanges::waiting(std::string_view key) const {
  if (is_empty_.load(std::memory_order_acquire)) { return 0; }
  const std::lock_guard lock(mutex_);
  const auto change = changes_.find(key);
  return change == changes_.end() ? 0 : change->second.writes + change->second.parts;
}

void DiskChanges::remove(std::string_view key, Ticket behind, HeadPtr spared) {
  const std::lock_guard lock(mutex_);
  bump(key);
  if (is_everything_) { return; }  // this too, once it is carried out
  const auto place = change_of(key);
  auto& change = place->second;
  const bool spares_nothing = change.has_removal() && change.spared == nullptr;
  change.spared = spares_nothing ? nullptr : std::move(spared);
  if (change.behind == behind) { return; }
  if (change.behind != 0) {
    order_.erase({change.behind, place->first});
  } else {
    octets_ += octets_of(key);
  }
  change.behind = behind;
  order_.emplace(behind, place->first);
  if (octets_ > most_) { remove_everything(behind); }
}

void DiskChanges::remove_everything(Ticket behind) {
  for (const auto& [ticket, key] : order_) { changes_.find(key)->second.behind = 0; }
  order_.clear();
  octets_ = 0;
  std::erase_if(changes_, [](const auto& entry) { return entry.second.is_idle(); });
  is_everything_ = true;
  everything_behind_ = behind;
  is_empty_.store(false, std::memory_order_release);
}

DiskChanges::Due DiskChanges::take_due(Ticket done) {
  Due due;
  if (is_empty_.load(std::memory_order_acquire)) { return due; }
  const std::lock_guard lock(mutex_);
  due.is_everything = is_everything_ && everything_behind_ <= done;
  while (!order_.empty() && order_.begin()->first <= done) {
    const auto place = changes_.find(order_.begin()->second);
    order_.erase(order_.begin());
    octets_ -= octets_of(place->first);
    place->second.behind = 0;
    place->second.is_removing = true;
    due.removals.push_back({place->first, place->second.spared});
  }
  return due;
}

void DiskChanges::end(const Removal& removal) {
  const std::lock_guard lock(mutex_);
  const auto change = changes_.find(removal.key);
  change->second.is_removing = false;
  forget_if_done(change);
}

void DiskChanges::end_everything() {
  const std::lock_guard lock(mutex_);
  is_everything_ = false;
  is_empty_.store(changes_.empty(), std::memory_order_release);
}

bool DiskChanges::is_hidden(std::string_view key) const {
  if (is_empty_.load(std::memory_order_acquire)) { return false; }
  const std::lock_guard lock(mutex_);
  if (is_everything_) { return true; }
  const auto change = changes_.find(key);
  return change != changes_.end() && change->second.hides_all();
}

bool DiskChanges::may_use(const cache::StoredHead& found) const {
  if (is_empty_.load(std::memory_order_acquire)) { return true; }
  const std::lock_guard lock(mutex_);
  if (is_everything_) { return false; }
  const auto change = changes_.find(found.key);
  if (change == changes_.end()) { return true; }
  if (change->second.hides_all()) { return false; }
  return !change->second.has_removal() || !is_other_representation(found, *change->second.spared);
}

DiskChanges::Changes::iterator DiskChanges::change_of(std::string_view key) {
  is_empty_.store(false, std::memory_order_release);
  const auto known = changes_.find(key);
  return known != changes_.end() ? known : changes_.emplace(key, Change{}).first;
}

void DiskChanges::forget_if_done(Changes::iterator change) {
  auto& [key, left] = *change;
  if (!left.has_removal()) { left.spared.reset(); }
  if (left.is_idle()) { changes_.erase(change); }
  is_empty_.store(changes_.empty() && !is_everything_, std::memory_order_release);
}

}  // namespace sluice::pipeline
