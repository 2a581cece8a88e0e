#include "gateway/control/cache_commands.hpp"

#include <chrono>

#include "cache/freshness.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/control/milliseconds_since.hpp"
#include "gateway/pipeline/purge.hpp"

namespace sluice::control {
namespace {

using Responses = std::vector<cache::StoredResponsePtr>;
using cache::PurgeScope;

Answer<pipeline::PurgeOrder> order_of(PurgeScope scope, const std::string& text, bool is_hard, const char* help) {
  auto order = pipeline::make_purge_order(scope, text, is_hard);
  if (!order) { return std::unexpected(Error{ErrorCode::bad_request, order.error(), help, {}}); }
  return std::move(*order);
}

Answer<pipeline::PurgeOrder> order_of(const CachePurgeArguments& arguments) {
  constexpr const char* kHelp = "sluice cache purge --help";
  const std::pair<PurgeScope, const std::string*> names[] = {{PurgeScope::url, &arguments.url},
                                                             {PurgeScope::host, &arguments.host},
                                                             {PurgeScope::prefix, &arguments.prefix},
                                                             {PurgeScope::tag, &arguments.tag}};
  const std::pair<PurgeScope, const std::string*>* chosen = nullptr;
  for (const auto& each : names) {
    if (each.second->empty()) { continue; }
    if (chosen != nullptr) {
      chosen = nullptr;
      break;
    }
    chosen = &each;
  }
  if (chosen == nullptr) {
    return std::unexpected(Error{ErrorCode::bad_request, "name one of a URL, a host, a prefix and a tag", kHelp, {}});
  }
  return order_of(chosen->first, *chosen->second, arguments.hard, kHelp);
}

StoredVariant variant_of(const cache::StoredResponse& response, const char* tier, cache::UnixTime now) {
  const auto& head = response.head;
  StoredVariant variant;
  variant.tier = tier;
  variant.variant = head.variant;
  variant.status = head.status;
  variant.age = cache::current_age(head, now).count();
  variant.ttl = cache::remaining_freshness(head, now).count();
  variant.size = response.octets();
  variant.length = head.content_length;
  variant.spans = spans_of(response);
  variant.stored = static_cast<double>(head.response_time.time_since_epoch().count());
  for (const auto& field : head.fields.fields()) {
    variant.fields.push_back({std::string(field.name), std::string(field.value)});
  }
  return variant;
}

void append(const Responses& responses, const char* tier, CacheShow& show) {
  const auto now = coarse_unix_now();
  for (const auto& response : responses) { show.variants.push_back(variant_of(*response, tier, now)); }
}

// Adds what another key of the same order came to.
void add(const pipeline::Purged& purged, CachePurge& result) {
  result.number = purged.number;
  if (!result.name.empty()) {
    result.other_keys.push_back(purged.order.name);
    *result.responses += *purged.responses;  // only URLs have several keys, and those are counted
    return;
  }
  result.scope = cache::to_string(purged.order.scope);
  result.name = purged.order.name;
  result.mode = purged.order.is_hard ? "hard" : "soft";
  result.responses = purged.responses;
}

Error not_on_disk(std::uint64_t number) {
  return {ErrorCode::failed,
          "purge " + std::to_string(number) +
              " is in force, but the disk did not take it: after a restart it may be forgotten",
          "sluice cache stats",
          {}};
}

}  // namespace

Error too_busy() {
  return {ErrorCode::failed, "too much waits for the disk already", "try again", {}};
}

std::vector<OctetSpan> spans_of(const cache::StoredResponse& response) {
  std::vector<OctetSpan> spans;
  if (response.is_whole()) { return spans; }
  for (const auto& range : response.present->ranges()) { spans.push_back({range.first, range.last}); }
  return spans;
}

Task<std::optional<std::vector<cache::StoredResponsePtr>>> list_on_disk(Daemon& daemon, Mailbox& mailbox,
                                                                        std::string key) {
  if (daemon.disk == nullptr) { co_return Responses{}; }
  co_return co_await daemon.disk->operate([key = std::move(key)](cache::Store& store) { return store.list(key); },
                                          mailbox);
}

Task<Answer<CacheShow>> show_stored(Daemon& daemon, Mailbox& mailbox, UrlArguments arguments) {
  const auto order = order_of(PurgeScope::url, arguments.url, false, "sluice cache show --help");
  if (!order) { co_return std::unexpected(order.error()); }
  CacheShow show;
  for (const auto& each : pipeline::for_each_key(*order, *daemon.policies.current(), coarse_unix_now())) {
    if (show.key.empty()) { show.key = each.name; }
    append(daemon.memory.list(each.name), "memory", show);
    const auto disk = co_await list_on_disk(daemon, mailbox, each.name);
    if (!disk) { co_return std::unexpected(too_busy()); }
    append(*disk, "disk", show);
  }
  co_return show;
}

Task<Answer<CachePurge>> purge_stored(Daemon& daemon, Mailbox& mailbox, CachePurgeArguments arguments) {
  const auto start = std::chrono::steady_clock::now();
  const auto order = order_of(arguments);
  if (!order) { co_return std::unexpected(order.error()); }
  CachePurge result;
  for (auto& each : pipeline::for_each_key(*order, *daemon.policies.current(), coarse_unix_now())) {
    const auto purged = co_await pipeline::purge(
        {daemon.memory, daemon.disk, daemon.fills, daemon.purged, daemon.purges}, std::move(each), mailbox);
    if (!purged) { co_return std::unexpected(too_busy()); }
    if (!purged->survives_restart) { co_return std::unexpected(not_on_disk(purged->number)); }
    add(*purged, result);
  }
  result.milliseconds = milliseconds_since(start);
  co_return result;
}

}  // namespace sluice::control
