#include "gateway/pipeline/lookup.hpp"

#include "gateway/pipeline/decide.hpp"

namespace sluice::pipeline {

bool is_allowed(Exchange& exchange, const cache::StoredHead& stored) {
  const bool matters = exchange.address_matters || exchange.policy->has_settings(policy::SettingStage::response);
  if (!matters) { return true; }
  if (stored.origin_address.empty()) { return decide_without_address(exchange); }
  const auto address = policy::Address::parse(stored.origin_address);
  return address && decide_address(exchange, *address);
}

Task<cache::Store::Found> lookup(Exchange& exchange) {
  auto& services = exchange.services;
  auto found = services.memory.find(exchange.key, exchange.request.fields);
  exchange.from_memory = found.response != nullptr;
  if (found.response == nullptr && services.disk != nullptr && services.disk->may_have(exchange.key)) {
    auto on_disk = co_await services.disk->find(exchange.key, exchange.request.fields, services.mailbox);
    found.response = std::move(on_disk.response);
    found.has_other_variants = found.has_other_variants || on_disk.has_other_variants;
    // The memory tier may refuse it (admission): it is on disk all the same.
    if (found.response != nullptr && found.response->is_resident()) {
      [[maybe_unused]] const auto admitted = services.memory.put(found.response);
    }
  }
  if (found.response != nullptr && !is_allowed(exchange, found.response->head)) { found.response = nullptr; }
  co_return found;
}

}  // namespace sluice::pipeline
