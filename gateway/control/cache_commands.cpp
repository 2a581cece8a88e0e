#include "gateway/control/cache_commands.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include "cache/cache_key.hpp"
#include "cache/freshness.hpp"
#include "gateway/http/target_uri.hpp"

namespace sluice::control {
namespace {

using Responses = std::vector<cache::StoredResponsePtr>;

Answer<std::string> key_of(const UrlArguments& arguments) {
  http::RequestHead request;
  request.method = http::Method::get;
  request.method_text = "GET";
  // What follows `#` stays in the browser; no request carries it (RFC 9110 7.1).
  request.target = std::string_view(arguments.url).substr(0, arguments.url.find('#'));
  http::TargetUri target;
  if (const auto parsed = http::parse_proxy_target(request, target); !parsed) {
    return std::unexpected(
        Error{ErrorCode::bad_request,
              "`" + arguments.url + "` is not a URL; write http://host/path (" + parsed.error().during + ")",
              "sluice cache show --help",
              {}});
  }
  std::string key;
  cache::make_cache_key(target.text, key);
  return key;
}

Responses in_memory(Daemon& daemon, const std::string& key) {
  return daemon.memory.list(key);
}

Responses on_disk(Daemon& daemon, const std::string& key) {
  return daemon.disk != nullptr ? daemon.disk->store().list(key) : Responses{};
}

StoredVariant variant_of(const cache::StoredHead& head, const char* tier, cache::UnixTime now) {
  StoredVariant variant;
  variant.tier = tier;
  variant.variant = head.variant;
  variant.status = head.status;
  variant.age = cache::current_age(head, now).count();
  variant.ttl = cache::remaining_freshness(head, now).count();
  variant.size = head.content_length;
  variant.stored = static_cast<double>(head.response_time.time_since_epoch().count());
  for (const auto& field : head.fields.fields()) {
    variant.fields.push_back({std::string(field.name), std::string(field.value)});
  }
  return variant;
}

void append(const Responses& responses, const char* tier, CacheShow& show) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  for (const auto& response : responses) { show.variants.push_back(variant_of(response->head, tier, now)); }
}

}  // namespace

Answer<CacheShow> show_stored(Daemon& daemon, const UrlArguments& arguments) {
  const auto key = key_of(arguments);
  if (!key) { return std::unexpected(key.error()); }
  CacheShow show;
  show.key = *key;
  append(in_memory(daemon, *key), "memory", show);
  append(on_disk(daemon, *key), "disk", show);
  return show;
}

Answer<CachePurge> purge_stored(Daemon& daemon, const UrlArguments& arguments) {
  const auto key = key_of(arguments);
  if (!key) { return std::unexpected(key.error()); }
  std::set<std::string> variants;
  for (const auto& response : in_memory(daemon, *key)) { variants.insert(response->head.variant); }
  for (const auto& response : on_disk(daemon, *key)) { variants.insert(response->head.variant); }
  std::size_t removed = 0;
  if (daemon.fills != nullptr) { daemon.fills->invalidate(*key); }
  if (daemon.disk != nullptr) {
    removed = daemon.disk->store().purge(*key);
    daemon.disk->purge(*key);  // again, behind the writes that wait
  }
  removed = std::max(removed, daemon.memory.purge(*key));
  if (daemon.purged != nullptr) { daemon.purged->remember(*key, pipeline::kPurgeMemory); }
  return CachePurge{*key, std::max<std::uint64_t>(removed, variants.size())};
}

}  // namespace sluice::control
