#include "gateway/pipeline/pass_through.hpp"

#include "cache/invalidation.hpp"
#include "gateway/pipeline/cache_settings.hpp"

namespace sluice::pipeline {

namespace {

void invalidate(Exchange& exchange, const Forwarded& forwarded) {
  if (cache::is_safe_method(exchange.request.method_text)) { return; }
  std::string key;
  for (const auto& uri : cache::invalidated_uris(exchange.request_view(), forwarded.view())) {
    make_key(exchange, uri, key);
    exchange.services.fills.invalidate(key);
    exchange.services.memory.purge(key);
    if (exchange.services.disk != nullptr) { exchange.services.disk->purge(key); }
    exchange.services.purged.remember(key, kPurgeMemory);
  }
}

}  // namespace

Obtained as_streamed(Exchange& exchange, Forwarded forwarded) {
  if (forwarded.head.status == 101) { return Upgraded{std::move(forwarded)}; }
  auto body = std::make_unique<UpstreamBody>(exchange, std::move(forwarded));
  auto head = std::move(body->forwarded().head);
  return Streamed{std::move(head), std::move(body)};
}

Obtained as_streamed(const Fill& fill, std::unique_ptr<FillBody> body) {
  const auto& stored = fill.head().stored;
  const auto fields = stored.fields.fields();
  http::ResponseHead head;
  head.status = stored.status;
  head.reason = http::reason_phrase(stored.status);
  head.fields.assign(fields.begin(), fields.end());
  head.framing = fill.head().length_known ? http::Framing::length : http::Framing::chunked;
  head.content_length = stored.content_length;
  return Streamed{std::move(head), std::move(body)};
}

Task<Result<Obtained>> pass_through(Exchange& exchange) {
  auto forwarded = co_await forward(exchange, {});
  if (!forwarded) { co_return std::unexpected(forwarded.error()); }
  invalidate(exchange, *forwarded);
  co_return as_streamed(exchange, std::move(*forwarded));
}

}  // namespace sluice::pipeline
