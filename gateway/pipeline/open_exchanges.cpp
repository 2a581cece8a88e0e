#include "gateway/pipeline/open_exchanges.hpp"

namespace sluice::pipeline {

namespace {

// The address has a fixed size: no line begins within it.
std::string key_of(const policy::Address& client, std::string_view line) {
  const auto& octets = client.octets();
  std::string key(octets.begin(), octets.end());
  return key.append(line);
}

}  // namespace

OpenExchanges::Place::~Place() {
  if (table_ != nullptr) { table_->leave(key_); }
}

std::optional<OpenExchanges::Place> OpenExchanges::take(const policy::Address& client, std::string_view line,
                                                        std::uint32_t most) {
  auto key = key_of(client, line);
  auto& shard = shard_of(key);
  {
    const std::scoped_lock lock(shard.mutex);
    auto& count = shard.counts[key];
    if (count >= most) { return std::nullopt; }
    ++count;
  }
  return Place(*this, std::move(key));
}

void OpenExchanges::leave(const std::string& key) {
  auto& shard = shard_of(key);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.counts.find(key);
  if (found != shard.counts.end() && --found->second == 0) { shard.counts.erase(found); }
}

}  // namespace sluice::pipeline
