#include "gateway/pipeline/fill_table.hpp"

#include <algorithm>

namespace sluice::pipeline {

FillTable::Joined FillTable::join(std::string_view key) {
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.fills.find(key); found != shard.fills.end()) { return {found->second, false}; }
  auto fill = make_fill();
  shard.fills.emplace(std::string(key), fill);
  return {std::move(fill), true};
}

FillTable::Joined FillTable::join_part(std::string_view key, std::uint64_t first, bool later) {
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  for (auto [part, end] = shard.beside.equal_range(key); part != end; ++part) {
    const auto& [begin, variant, fill] = part->second;
    const bool is_about_to = begin == first && !later && fill->state() == Fill::State::waiting;
    if (begin && (is_about_to || fill->holds(first, later))) { return {fill, false}; }
  }
  auto fill = make_fill();
  shard.beside.emplace(std::string(key), Beside{first, std::nullopt, fill});
  return {std::move(fill), true};
}

FillTable::Joined FillTable::join_variant(std::string_view key, std::string_view variant) {
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  for (auto [other, end] = shard.beside.equal_range(key); other != end; ++other) {
    if (other->second.variant == variant) { return {other->second.fill, false}; }
  }
  auto fill = make_fill();
  shard.beside.emplace(std::string(key), Beside{std::nullopt, std::string(variant), fill});
  return {std::move(fill), true};
}

std::shared_ptr<Fill> FillTable::add_unshared(std::string_view key) {
  auto fill = make_fill();
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  shard.beside.emplace(std::string(key), Beside{std::nullopt, std::nullopt, fill});
  return fill;
}

void FillTable::leave(std::string_view key, const Fill& fill) {
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.fills.find(key);
  if (found != shard.fills.end() && found->second.get() == &fill) {
    shard.fills.erase(found);
    return;
  }
  for (auto [part, end] = shard.beside.equal_range(key); part != end; ++part) {
    if (part->second.fill.get() != &fill) { continue; }
    shard.beside.erase(part);
    return;
  }
}

std::uint32_t FillTable::invalidations(std::string_view key) const noexcept {
  return invalidations_[counter_of(key)].load(std::memory_order_acquire);
}

void FillTable::invalidate(std::string_view key) {
  invalidations_[counter_of(key)].fetch_add(1, std::memory_order_acq_rel);
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto [part, end] = shard.beside.equal_range(key);
  std::for_each(part, end, [](auto& entry) { entry.second.fill->invalidate(); });
  shard.beside.erase(part, end);
  const auto found = shard.fills.find(key);
  if (found == shard.fills.end()) { return; }
  found->second->invalidate();
  shard.fills.erase(found);
}

bool FillTable::has(std::string_view key) {
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  return shard.fills.contains(key);
}

std::size_t FillTable::size() const {
  std::size_t total = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.fills.size() + shard.beside.size();
  }
  return total;
}

}  // namespace sluice::pipeline
