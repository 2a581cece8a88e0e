#include "gateway/pipeline/lookup.hpp"

#include "cache/partial_content.hpp"
#include "gateway/pipeline/decide.hpp"

namespace sluice::pipeline {

bool is_allowed(Exchange& exchange, const cache::StoredHead& stored) {
  if (!exchange.address_matters) { return true; }
  if (stored.origin_address.empty()) { return decide_without_address(exchange); }
  const auto address = policy::Address::parse(stored.origin_address);
  return address && decide_address(exchange, *address);
}

cache::Store::Found find_in_memory(Exchange& exchange) {
  auto found = exchange.services.memory.find(exchange.key, exchange.request.fields);
  exchange.from_memory = found.response != nullptr;
  if (found.response != nullptr && !is_allowed(exchange, found.response->head)) { found.response = nullptr; }
  return found;
}

namespace {

// Of two tiers that both have a response, the one that was the last to hear from the origin server, or has more of it.
bool is_better(const Exchange& exchange, const cache::StoredResponsePtr& one, const cache::StoredResponsePtr& other) {
  if (one == nullptr || other == nullptr) { return one != nullptr; }
  if (!cache::may_combine(one->head, other->head)) { return one->head.response_time > other->head.response_time; }
  return !cache::is_covered(exchange.request_view(), *other) && one->octets() > other->octets();
}

}  // namespace

bool may_be_on_disk(const Exchange& exchange, const cache::Store::Found& in_memory) {
  const auto* disk = exchange.services.disk;
  if (disk == nullptr || !disk->may_have(exchange.key)) { return false; }
  if (in_memory.response == nullptr) { return !exchange.from_memory; }
  return !cache::is_covered(exchange.request_view(), *in_memory.response);
}

Task<cache::Store::Found> find_on_disk(Exchange& exchange, cache::Store::Found in_memory) {
  auto& services = exchange.services;
  auto found = co_await services.disk->find(exchange.key, exchange.request.fields, services.mailbox);
  found.has_other_variants = found.has_other_variants || in_memory.has_other_variants;
  if (is_better(exchange, in_memory.response, found.response)) {
    found.response = std::move(in_memory.response);
    co_return found;
  }
  exchange.from_memory = false;
  // The memory tier may refuse it (admission): it is on disk all the same.
  if (found.response != nullptr && found.response->is_resident()) {
    [[maybe_unused]] const auto admitted = services.memory.put(found.response);
  }
  if (found.response != nullptr && !is_allowed(exchange, found.response->head)) { found.response = nullptr; }
  co_return found;
}

}  // namespace sluice::pipeline
