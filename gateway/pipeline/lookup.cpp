#include "gateway/pipeline/lookup.hpp"

#include "gateway/pipeline/decide.hpp"

namespace sluice::pipeline {

namespace {

// One load and a comparison, unless something was purged since this response was last looked at.
cache::PurgeVerdict judge_purges(const cache::PurgeTable& purges, const cache::StoredResponse& response) {
  const auto generation = purges.generation();
  if (std::max(response.head.generation, response.checked.value()) >= generation) { return {}; }
  const auto verdict = purges.judge(response.head);
  if (verdict.is_clean()) { response.checked.set(generation); }
  return verdict;
}

}  // namespace

bool is_allowed(Exchange& exchange, const cache::StoredHead& stored) {
  if (!exchange.address_matters) { return true; }
  if (stored.origin_address.empty()) { return decide_without_address(exchange); }
  const auto address = policy::Address::parse(stored.origin_address);
  return address && decide_address(exchange, *address);
}

Task<Lookup> lookup(Exchange& exchange) {
  auto& services = exchange.services;
  auto found = services.memory.find(exchange.key, exchange.request.fields);
  exchange.from_memory = found.response != nullptr;
  if (found.response == nullptr && services.disk != nullptr && services.disk->may_have(exchange.key)) {
    auto on_disk = co_await services.disk->find(exchange.key, exchange.request.fields, services.mailbox);
    found.response = std::move(on_disk.response);
    found.has_other_variants = found.has_other_variants || on_disk.has_other_variants;
  }
  Lookup result{std::move(found.response), found.has_other_variants};
  if (result.response == nullptr) { co_return result; }
  const auto purged = judge_purges(services.purges, *result.response);
  result.is_purged = purged.is_gone;
  result.stale_from = purged.stale_from;
  if (purged.is_gone) {
    result.response = nullptr;
  } else if (!exchange.from_memory && purged.is_clean() && result.response->is_resident()) {
    // The memory tier may refuse it (admission): it is on disk all the same.
    [[maybe_unused]] const auto admitted = services.memory.put(result.response);
  }
  if (result.response != nullptr && !is_allowed(exchange, result.response->head)) { result.response = nullptr; }
  co_return result;
}

}  // namespace sluice::pipeline
