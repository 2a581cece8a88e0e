#include "gateway/pipeline/lookup.hpp"

#include "cache/partial_content.hpp"
#include "gateway/pipeline/cache_settings.hpp"
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

Lookup judge(const Exchange& exchange, cache::Store::Found found) {
  Lookup result{std::move(found.response), found.has_other_variants};
  if (result.response == nullptr) { return result; }
  const auto purged = judge_purges(exchange.services.purges, *result.response);
  result.is_purged = purged.is_gone;
  result.stale_from = purged.stale_from;
  if (purged.is_gone) { result.response = nullptr; }
  return result;
}

// Whether its URL is listed is remembered with what is stored: most are not, and need not be looked up for each hit.
bool is_allowed(Exchange& exchange, const cache::StoredResponse& response) {
  const bool is_its_url = exchange.key == exchange.target.normal_text();
  if (is_its_url && exchange.unlisted_in == 0) { exchange.unlisted_in = response.unlisted_in.value(); }
  const bool allowed = is_allowed(exchange, response.head);
  if (is_its_url && exchange.unlisted_in != response.unlisted_in.value()) {
    response.unlisted_in.set(exchange.unlisted_in);
  }
  return allowed;
}

}  // namespace

bool is_allowed(Exchange& exchange, const cache::StoredHead& stored) {
  exchange.destination_text = stored.origin_address;
  const bool matters = exchange.address_matters || exchange.policy->has_settings(policy::SettingStage::response);
  if (!matters) { return true; }
  if (stored.origin_address.empty()) { return decide_without_address(exchange) && may_use_cache(exchange); }
  const auto address = policy::Address::parse(stored.origin_address);
  return address && decide_address(exchange, *address) && may_use_cache(exchange);
}

Lookup find_in_memory(Exchange& exchange) {
  auto result = judge(exchange, exchange.services.memory.find(exchange.key, exchange.request.fields));
  exchange.from_memory = result.response != nullptr || result.is_purged;
  if (result.response != nullptr && !is_allowed(exchange, *result.response)) { result.response = nullptr; }
  return result;
}

bool may_be_on_disk(const Exchange& exchange, const Lookup& in_memory) {
  const auto& response = in_memory.response;
  const bool is_answered =
      response != nullptr ? cache::is_covered(exchange.request_view(), *response) : exchange.from_memory;
  const auto* disk = exchange.services.disk;
  return !is_answered && disk != nullptr && disk->may_have(exchange.key);
}

SteadyTime disk_deadline(const Exchange& exchange) {
  return std::chrono::steady_clock::now() + exchange.configuration->cache.disk_wait;
}

Task<Lookup> find_on_disk(Exchange& exchange, Lookup in_memory, SteadyTime until) {
  auto& services = exchange.services;
  auto found =
      co_await services.disk->find(exchange.key, exchange.request.fields, {services.context, services.mailbox, until});
  const auto version = found.version;
  in_memory.is_disk_late = found.is_late;
  if (found.is_late) { co_return in_memory; }
  auto result = judge(exchange, std::move(found));
  result.has_other_variants = result.has_other_variants || in_memory.has_other_variants;
  if (cache::is_better_answer(exchange.request_view(), in_memory.response, result.response)) {
    in_memory.has_other_variants = result.has_other_variants;
    co_return in_memory;
  }
  exchange.from_memory = false;
  const bool is_clean = result.stale_from == cache::kNeverStale;
  if (result.response != nullptr && is_clean && result.response->is_resident()) {
    // The memory tier may refuse it (admission): it is on disk all the same.
    [[maybe_unused]] const auto admitted = services.memory.put(result.response);
    // A newer one, or a purge, that came to memory in between went to the disk first.
    if (!services.disk->is_current(exchange.key, version)) { services.memory.purge(exchange.key); }
  }
  if (result.response != nullptr && !is_allowed(exchange, result.response->head)) { result.response = nullptr; }
  co_return result;
}

bool was_evicted(const cache::Store& memory, const DiskTier* disk, std::string_view key) {
  return memory.was_evicted(key) || (disk != nullptr && disk->was_evicted(key));
}

void tell_purge_from_head(cache::Reuse& reuse, cache::UnixTime purged_from, const RecentKeys& purged,
                          std::string_view key) {
  const bool may_be_head = reuse.cause == cache::MissCause::purged && purged_from == cache::kNeverStale;
  if (may_be_head && !purged.has(key)) { reuse.cause = cache::MissCause::expired; }
}

void remove_stored(Services& services, std::string_view key) {
  if (services.disk != nullptr) { services.disk->purge(key); }
  services.memory.purge(key);
}

}  // namespace sluice::pipeline
