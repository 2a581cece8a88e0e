#include "gateway/pipeline/purge.hpp"

#include <set>

#include "cache/cache_key.hpp"
#include "gateway/pipeline/url_keys.hpp"

namespace sluice::pipeline {

namespace {

using cache::PurgeScope;
using Variants = std::set<std::string>;

// The normal form of a URL; "" when it is none.
std::string key_of(std::string_view url) {
  http::TargetUri target;
  std::string key;
  if (parse_written_url(url, target)) { cache::make_cache_key(target.text, key); }
  return key;
}

std::expected<std::string, std::string> normalised(PurgeScope scope, std::string_view text) {
  const std::string quoted = "`" + std::string(text.substr(0, 200)) + "`";
  if (scope == PurgeScope::tag) {
    if (!cache::is_purge_name(scope, text)) { return std::unexpected(quoted + " is not a tag: no blanks, no commas"); }
    return std::string(text);
  }
  if (scope == PurgeScope::host) {
    const bool is_host = text.find_first_of("/?#@") == std::string_view::npos;
    const auto key = is_host ? key_of("http://" + std::string(text) + "/") : std::string{};
    if (key.empty()) { return std::unexpected(quoted + " is not a host; write a.example or a.example:8080"); }
    return std::string(cache::authority_in_key(key));
  }
  auto key = key_of(text);
  if (!cache::is_purge_name(scope, key)) { return std::unexpected(quoted + " is not a URL; write http://host/path"); }
  return key;
}

void add_variants(const std::vector<cache::StoredResponsePtr>& responses, Variants& variants) {
  for (const auto& response : responses) { variants.insert(response->head.variant); }
}

void touch(cache::Store& store, const PurgeOrder& order, cache::UnixTime now, Variants& variants) {
  add_variants(store.list(order.name), variants);
  if (order.is_hard) {
    store.purge(order.name);
  } else {
    cache::make_stale(store, order.name, now);
  }
}

// In both tiers, ahead of and behind the writes that wait.
Task<std::optional<Purged>> purge_url(PurgePlaces places, PurgeOrder order, Mailbox& mailbox) {
  const auto now = coarse_unix_now();
  Purged purged{order};
  purged.number = places.purges.add(order.scope, order.name, order.is_hard, now, {});
  places.fills.invalidate(order.name);
  Variants variants;
  touch(places.memory, order, now, variants);
  if (places.disk != nullptr) {
    auto on_disk = co_await places.disk->operate(
        [order, now](cache::Store& store) {
          Variants touched;
          touch(store, order, now, touched);
          return touched;
        },
        mailbox);
    if (!on_disk) { co_return std::nullopt; }
    variants.merge(*on_disk);
    if (order.is_hard) {
      places.disk->purge(order.name);
    } else {
      places.disk->make_stale(order.name, now);
    }
  }
  places.purged.remember(order.name, kPurgeMemory);
  purged.responses = variants.size();
  co_return purged;
}

Task<std::optional<Purged>> purge_many(PurgePlaces places, PurgeOrder order, Mailbox& mailbox) {
  const auto now = coarse_unix_now();
  if (places.disk == nullptr) {
    const auto keep = [](const cache::PurgeChange&) {};  // nothing survives a restart
    const auto number = places.purges.add(order.scope, order.name, order.is_hard, now, keep);
    co_return Purged{order, number, std::nullopt, true};
  }
  co_return co_await places.disk->operate(
      [&purges = places.purges, order, now](cache::Store& store) {
        Purged purged{order};
        purged.number = purges.add(order.scope, order.name, order.is_hard, now, [&](const cache::PurgeChange& change) {
          purged.survives_restart = store.keep_purges(change).has_value();
        });
        return purged;
      },
      mailbox);
}

}  // namespace

std::expected<PurgeOrder, std::string> make_purge_order(PurgeScope scope, std::string_view text, bool is_hard) {
  auto name = normalised(scope, text);
  if (!name) { return std::unexpected(name.error()); }
  return PurgeOrder{scope, std::move(*name), is_hard};
}

std::vector<PurgeOrder> for_each_key(const PurgeOrder& order, const policy::Snapshot& policy,
                                     const policy::Facts& facts) {
  if (order.scope != PurgeScope::url) { return {order}; }
  std::vector<PurgeOrder> orders;
  for (auto& key : keys_of_url(policy, facts, order.name)) {
    orders.push_back({order.scope, std::move(key), order.is_hard});
  }
  return orders;
}

std::vector<PurgeOrder> for_each_key(const PurgeOrder& order, const policy::Snapshot& policy, cache::UnixTime now) {
  http::TargetUri target;
  if (order.scope != PurgeScope::url || !parse_written_url(order.name, target)) { return {order}; }
  return for_each_key(order, policy, facts_of_url(target, now));
}

Task<std::optional<Purged>> purge(PurgePlaces places, PurgeOrder order, Mailbox& mailbox) {
  if (order.scope == PurgeScope::url) { co_return co_await purge_url(places, std::move(order), mailbox); }
  co_return co_await purge_many(places, std::move(order), mailbox);
}

}  // namespace sluice::pipeline
