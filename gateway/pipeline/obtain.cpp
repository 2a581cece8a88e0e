#include "gateway/pipeline/obtain.hpp"

#include "cache/cache_key.hpp"
#include "cache/cacheability.hpp"
#include "cache/invalidation.hpp"
#include "gateway/pipeline/collapse.hpp"
#include "gateway/pipeline/lookup.hpp"
#include "gateway/pipeline/pass_through.hpp"
#include "gateway/pipeline/validate_behind.hpp"

namespace sluice::pipeline {

namespace {

using cache::CacheStatus;
using cache::MissCause;
using Kind = cache::Reuse::Kind;

constexpr int kLooks = 4;  // a leader's result may call for another look; after so many the request goes by itself

CacheStatus::Forward forward_reason(MissCause cause) {
  return cause == MissCause::method ? CacheStatus::Forward::method : CacheStatus::Forward::bypass;
}

CacheStatus::Forward miss_reason(const cache::Reuse& reuse) {
  const bool asked_for = reuse.cause == MissCause::no_store || reuse.cause == MissCause::bypass;
  return asked_for ? CacheStatus::Forward::request : CacheStatus::Forward::stale;
}

void note_hit(Exchange& exchange, const cache::Reuse& reuse) {
  exchange.services.top_keys.note(exchange.key, true);
  exchange.cache_status.hit = true;
  exchange.cache_status.ttl = reuse.ttl;
  exchange.cache_status.cause = reuse.kind == Kind::fresh ? MissCause::none : reuse.cause;
}

void note_miss(Exchange& exchange, const Lookup& found, const cache::Reuse& reuse) {
  auto& status = exchange.cache_status;
  status.hit = false;
  if (found.response != nullptr) {
    status.forward = miss_reason(reuse);
    status.cause = reuse.cause;
    return;
  }
  const bool is_vary_miss = found.has_other_variants && !found.is_purged;
  status.forward = is_vary_miss ? CacheStatus::Forward::vary_miss : CacheStatus::Forward::uri_miss;
  const bool was_purged = found.is_purged || exchange.services.purged.has(exchange.key);
  status.cause = is_vary_miss ? MissCause::vary : was_purged ? MissCause::purged : MissCause::cold;
}

MissCause why_not_cached(const Exchange& exchange) {
  if (!exchange.configuration->cache.enabled || exchange.request.wants_upgrade) { return MissCause::bypass; }
  if (exchange.request.framing != http::Framing::none) { return MissCause::method; }
  return cache::why_not_lookup(exchange.request_view());
}

// Content on disk is opened ahead of the response head: what cannot be read is forwarded instead.
Task<bool> read_front(Exchange& exchange, FromStore& stored) {
  const bool is_whole = exchange.request.method == http::Method::get &&
                        cache::find(exchange.request.fields, cache::FieldName::range) == nullptr;
  if (!is_whole) { co_return true; }
  auto front = co_await exchange.services.disk->read(stored.response, 0, exchange.services.mailbox);
  if (!front) { co_return false; }
  stored.front = std::move(*front);
  co_return true;
}

}  // namespace

Task<Result<Obtained>> obtain(Exchange& exchange) {
  if (const auto cause = why_not_cached(exchange); cause != MissCause::none) {
    exchange.cache_status.forward = forward_reason(cause);
    exchange.cache_status.cause = cause;
    co_return co_await pass_through(exchange);
  }
  cache::make_cache_key(exchange.target.text, exchange.key);
  if (exchange.key != exchange.target.text) { exchange.cache_status.key = exchange.key; }
  bool unreadable = false;
  for (int look = 0; look < kLooks; ++look) {
    const auto now = std::chrono::floor<std::chrono::seconds>(exchange.start_time);
    auto found = co_await lookup(exchange);
    cache::Reuse reuse;
    if (found.response != nullptr) {
      reuse = cache::judge_reuse(exchange.request_view(), found.response->head, now, found.stale_from);
    }
    if (found.response != nullptr && reuse.kind != Kind::must_validate) {
      FromStore stored{found.response, reuse.age, {}};
      bool readable = stored.response->is_resident();
      if (!readable) { readable = co_await read_front(exchange, stored); }
      if (readable) {
        note_hit(exchange, reuse);
        if (reuse.kind == Kind::stale_while_revalidate) { validate_behind(exchange, {found.response, reuse}); }
        co_return std::move(stored);
      }
      found.response = nullptr;  // the disk did not deliver: it is as if it had not been stored
      unreadable = true;
    }
    note_miss(exchange, found, reuse);
    if (unreadable) { exchange.cache_status.cause = MissCause::error; }
    if (cache::is_only_if_cached(exchange.request_view())) {
      co_return fail(ErrorKind::only_if_cached, Side::gateway, "looking up");
    }
    if (look == 0) { exchange.services.top_keys.note(exchange.key, false); }
    auto obtained = co_await collapse(exchange, {std::move(found.response), reuse});
    if (!obtained) { co_return std::unexpected(obtained.error()); }
    if (*obtained) { co_return std::move(**obtained); }
  }
  co_return co_await pass_through(exchange);
}

}  // namespace sluice::pipeline
