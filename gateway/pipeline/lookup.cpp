#include "gateway/pipeline/lookup.hpp"

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

bool may_be_on_disk(const Exchange& exchange, const cache::Store::Found& in_memory) {
  const auto* disk = exchange.services.disk;
  return in_memory.response == nullptr && !exchange.from_memory && disk != nullptr && disk->may_have(exchange.key);
}

Task<cache::Store::Found> find_on_disk(Exchange& exchange, cache::Store::Found in_memory) {
  auto& services = exchange.services;
  auto found = co_await services.disk->find(exchange.key, exchange.request.fields, services.mailbox);
  found.has_other_variants = found.has_other_variants || in_memory.has_other_variants;
  // The memory tier may refuse it (admission): it is on disk all the same.
  if (found.response != nullptr && found.response->is_resident()) {
    [[maybe_unused]] const auto admitted = services.memory.put(found.response);
  }
  if (found.response != nullptr && !is_allowed(exchange, found.response->head)) { found.response = nullptr; }
  co_return found;
}

}  // namespace sluice::pipeline
