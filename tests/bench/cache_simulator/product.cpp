#include "tests/bench/cache_simulator/product.hpp"

#include <algorithm>
#include <bit>

#include "cache/memory_store.hpp"
#include "tests/bench/cache_simulator/random.hpp"

namespace sluice::simulator {
namespace {

std::string key_of(std::uint32_t key) {
  return "http://host.example/" + std::to_string(key);
}

cache::StoredResponsePtr response_of(std::uint32_t key, std::uint32_t size) {
  auto response = std::make_shared<cache::StoredResponse>();
  response->head.key = key_of(key);
  response->head.status = 200;
  response->head.content_length = size;
  response->head.seal();
  response->segments.push_back({nullptr, nullptr, size});
  response->segments.shrink_to_fit();
  return response;
}

}  // namespace

ProductOrder::ProductOrder(const RequestTrace& trace, std::uint64_t capacity)
    : cached_(trace.keys, capacity), order_(std::bit_floor(capacity / cache::GhostTable::kOctetsPerGhost + 1)) {
  for (std::uint32_t key = 0; key < trace.keys; ++key) { entries_.emplace_back(Random::mix(key + 1), 0); }
}

bool ProductOrder::request(const TraceRequest& request) {
  const auto [key, size] = request;
  auto& entry = entries_[key];
  if (cached_.has(key)) {
    cache::EvictionOrder::mark_used(entry);
    return true;
  }
  if (cached_.is_too_large(size)) { return false; }
  while (!cached_.has_room(size)) { cached_.remove(static_cast<std::uint32_t>(order_.evict() - entries_.data())); }
  entry = {entry.hash(), size};
  cached_.add(key, size);
  order_.insert(entry);
  return false;
}

ProductStore::ProductStore(const RequestTrace& /*trace*/, std::uint64_t capacity)
    : store_(cache::make_memory_store({.budget = capacity, .largest_response = capacity, .shards = 16})) {}

bool ProductStore::request(const TraceRequest& request) {
  if (store_->find(key_of(request.key), {}).response != nullptr) { return true; }
  // What it does not take, it counts itself.
  [[maybe_unused]] const auto stored = store_->put(response_of(request.key, request.size));
  return false;
}

}  // namespace sluice::simulator
