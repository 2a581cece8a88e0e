#include "gateway/pipeline/pass_through.hpp"

#include "cache/cache_key.hpp"
#include "cache/cacheability.hpp"
#include "cache/invalidation.hpp"
#include "cache/partial_content.hpp"
#include "cache/validation.hpp"
#include "gateway/pipeline/cache_settings.hpp"
#include "gateway/pipeline/following_body.hpp"
#include "gateway/pipeline/freshen.hpp"
#include "gateway/pipeline/keep.hpp"
#include "gateway/pipeline/lookup.hpp"
#include "gateway/pipeline/url_keys.hpp"

namespace sluice::pipeline {

namespace {

void invalidate(Exchange& exchange, const Forwarded& forwarded) {
  if (cache::is_safe_method(exchange.request.method_text)) { return; }
  std::string normal;
  std::string key;
  for (const auto& uri : cache::invalidated_uris(exchange.request_view(), forwarded.view())) {
    cache::make_cache_key(uri, normal);
    make_key(exchange.settings, normal, key);
    exchange.services.fills.invalidate(key);
    remove_stored(exchange.services, key);
    exchange.services.purged.remember(key, kPurgeMemory);
  }
}

void update_by_head(Exchange& exchange, Forwarded& forwarded, const cache::StoredResponsePtr& stored) {
  const bool speaks_of_it = exchange.request.method == http::Method::head && forwarded.head.status == 200;
  if (stored == nullptr || !speaks_of_it) { return; }
  auto head = stored->head;
  if (cache::describes(forwarded.view(), stored->head)) {
    head = freshened_head(exchange, *stored, forwarded);
  } else {
    // "the cache SHOULD consider the stored response to be stale"; nobody purged it.
    if (head.stale_from == cache::kNeverStale) { exchange.services.purged.forget(head.key); }
    head.stale_from = std::min(head.stale_from, forwarded.response_time);
  }
  freshen_stored(exchange, stored, std::move(head), forwarded);
}

// The content of the request was sent and nothing refers to the exchange any more.
Task<bool> has_sent_all(Forwarded& forwarded) {
  if (forwarded.upload == nullptr) { co_return true; }
  if (!forwarded.upload->has_ended() || !forwarded.upload->was_complete()) { co_return false; }
  co_await forwarded.upload->stop();
  forwarded.upload.reset();
  co_return true;
}

bool may_be_kept(Exchange& exchange, Forwarded& forwarded) {
  if (exchange.request.method != http::Method::post || !exchange.configuration->cache.enabled ||
      !may_use_cache(exchange)) {
    return false;
  }
  return apply_cache_settings(exchange, forwarded.head.status, forwarded.head.fields, forwarded.response_time) &&
         cache::why_not_storable(exchange.request_view(), forwarded.view()) == cache::MissCause::none;
}

// A GET that was forwarded as it came, because nothing was found for it: why is its answer not kept?
void say_why_not_kept(Exchange& exchange, const Forwarded& forwarded) {
  auto& status = exchange.cache_status;
  if (exchange.request.method != http::Method::get ||
      (status.cause != cache::MissCause::cold && status.cause != cache::MissCause::evicted)) {
    return;
  }
  const auto request = exchange.request_view();
  const auto response = forwarded.view();
  const bool is_part = cache::part_of(response).has_value();
  const auto cause =
      is_part ? cache::why_not_storable_part(request, response) : cache::why_not_storable(request, response);
  const auto* range = cache::find(request.fields, cache::FieldName::range);
  // It could have been stored, had it not been asked for under conditions or by parts.
  const auto asked_for = range != nullptr ? cache::MissCause::range : cache::MissCause::bypass;
  status.cause = cause != cache::MissCause::none ? cause : asked_for;
}

// As far as the head tells: whether it was stored is known at the end (Fill::was_stored).
bool fits_a_tier(const Exchange& exchange, const Fill::Head& head) {
  const auto& cache = exchange.configuration->cache;
  const auto largest = std::max(cache.memory_largest, exchange.services.has_open_disk() ? cache.disk_largest : 0);
  return !head.length_known || head.stored.content_length <= largest;
}

}  // namespace

Task<Obtained> keep_and_follow(Exchange& exchange, Forwarded forwarded, std::shared_ptr<Fill> fill) {
  auto body = std::make_unique<FillBody>(exchange.services, fill);
  Keeping keeping{fill, exchange.key, std::move(forwarded), exchange.configuration};
  keeping.replaces_stored =
      exchange.is_validation && cache::ends_stored(exchange.request_view(), keeping.forwarded.head.status);
  begin_keeping(exchange, keeping);
  exchange.led = fill;
  exchange.cache_status.stored = fits_a_tier(exchange, fill->head());
  if (!exchange.cache_status.stored) { exchange.cache_status.cause = cache::MissCause::too_large; }
  co_await start_keeping(exchange.services, std::move(keeping));
  auto obtained = as_streamed(exchange, std::move(body));
  add_for_client_alone(exchange, std::get<Streamed>(obtained).head);
  co_return obtained;
}

Obtained as_streamed(Exchange& exchange, Forwarded forwarded) {
  if (forwarded.head.status == 101) { return Upgraded{std::move(forwarded)}; }
  auto body = std::make_unique<UpstreamBody>(exchange, std::move(forwarded));
  auto head = std::move(body->forwarded().head);
  return Streamed{std::move(head), std::move(body)};
}

Obtained as_streamed(Exchange& exchange, std::unique_ptr<FillBody> body, std::optional<cache::Seconds> age) {
  const auto& filled = body->reader().fill()->head();
  const auto& stored = filled.stored;
  const auto fields = stored.fields.fields();
  http::ResponseHead head;
  head.status = stored.status;
  head.reason = http::reason_phrase(stored.status);
  head.fields.assign(fields.begin(), fields.end());
  head.framing = filled.length_known ? http::Framing::length : http::Framing::chunked;
  head.content_length = stored.content_length;
  return Streamed{std::move(head), std::make_unique<FollowingBody>(exchange, std::move(body)), age};
}

Task<Result<Obtained>> pass_through(Exchange& exchange, const cache::StoredResponsePtr& stored) {
  auto forwarded = co_await forward(exchange, {});
  if (!forwarded) { co_return std::unexpected(forwarded.error()); }
  invalidate(exchange, *forwarded);
  update_by_head(exchange, *forwarded, stored);
  if (may_be_kept(exchange, *forwarded)) {
    const bool all_sent = co_await has_sent_all(*forwarded);
    if (all_sent) {
      make_key(exchange.settings, exchange.target.normal_text(), exchange.key);
      forwarded->invalidations = exchange.services.fills.invalidations(exchange.key);  // its own is behind it
      co_return co_await keep_and_follow(exchange, std::move(*forwarded),
                                         exchange.services.fills.add_unshared(exchange.key));
    }
  }
  say_why_not_kept(exchange, *forwarded);
  co_return as_streamed(exchange, std::move(*forwarded));
}

}  // namespace sluice::pipeline
