#include "gateway/pipeline/fill_table.hpp"

namespace sluice::pipeline {

FillTable::Joined FillTable::join(std::string_view key) {
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.fills.find(key); found != shard.fills.end()) { return {found->second, false}; }
  auto fill = std::make_shared<Fill>(kWindow);
  shard.fills.emplace(std::string(key), fill);
  return {std::move(fill), true};
}

void FillTable::leave(std::string_view key, const Fill& fill) {
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.fills.find(key);
  if (found != shard.fills.end() && found->second.get() == &fill) { shard.fills.erase(found); }
}

void FillTable::invalidate(std::string_view key) {
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
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
    total += shard.fills.size();
  }
  return total;
}

}  // namespace sluice::pipeline
