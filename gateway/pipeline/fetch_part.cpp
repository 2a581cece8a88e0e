#include "gateway/pipeline/fetch_part.hpp"

#include "cache/partial_content.hpp"
#include "cache/ranges.hpp"
#include "cache/stored_validators.hpp"
#include "gateway/pipeline/cache_settings.hpp"
#include "gateway/pipeline/keep.hpp"

namespace sluice::pipeline {

namespace {

using cache::FieldName;
using cache::MissCause;

Task<Result<FetchedPart>> lead(Exchange& exchange, ForwardPlan plan, std::shared_ptr<Fill> fill) {
  Leadership leadership(exchange, std::move(fill));
  auto forwarded = co_await forward(exchange, std::move(plan));
  if (!forwarded) {
    leadership.end_as(Fill::State::failed, forwarded.error());
    co_return std::unexpected(forwarded.error());
  }
  co_return co_await take_part(exchange, std::move(*forwarded), leadership);
}

// nullopt: it has to be fetched by itself.
Task<std::optional<Result<FetchedPart>>> follow(Exchange& exchange, std::shared_ptr<Fill> fill, std::uint64_t first) {
  const auto ahead = fill->state() == Fill::State::waiting ? 0 : first - fill->head().range->first;
  auto body = std::make_unique<FillBody>(exchange.services, fill, ahead);
  const auto state = co_await wait_for_head(exchange, fill);
  if (state == Fill::State::failed && fill->error() && !is_of_leader_only(fill->error())) {
    co_return std::unexpected(*fill->error());
  }
  const bool has_head = state == Fill::State::filling || state == Fill::State::complete;
  if (!has_head || !may_follow(exchange, *body)) { co_return std::nullopt; }
  exchange.cache_status.collapsed = true;
  co_return FetchedPart{std::move(body), std::nullopt, fill->head().range->first + ahead};
}

// What the policy says about the response counts ahead of what it says itself. To the policy's `cache` lines a part is
// the whole (200) that it is kept as.
MissCause why_not_stored(Exchange& exchange, Forwarded& forwarded) {
  const bool may_store = apply_cache_settings(exchange, 200, forwarded.head.fields, forwarded.response_time);
  return may_store ? cache::why_not_storable_part(exchange.request_view(), forwarded.view()) : MissCause::bypass;
}

// As far as the head tells; its chunks are stored as they come, some of them when the client has gone.
bool fits_a_tier(const Exchange& exchange, const Fill::Head& head) {
  const auto& cache = exchange.configuration->cache;
  const auto length = head.stored.content_length;
  if (exchange.services.has_open_disk() && length > cache.memory_largest) { return length <= cache.disk_largest; }
  return std::min(head.range->size(), cache::kPartChunk) <= cache.memory_largest;
}

// RFC 9110 13.1.5: "A client MUST NOT generate an If-Range header field containing an entity tag that is marked as
// weak", or a date that is not strong.
std::string if_range_of(const cache::StoredHead& stored) {
  const auto fields = stored.fields.fields();
  if (const auto tag = cache::stored_entity_tag(stored); tag && !tag->weak) { return std::string(tag->opaque); }
  if (cache::strong_modification_time(stored)) {
    return std::string(cache::find(fields, FieldName::last_modified)->value);
  }
  return {};
}

}  // namespace

Task<FetchedPart> take_part(Exchange& exchange, Forwarded forwarded, Leadership& leadership) {
  auto& services = exchange.services;
  const bool is_part = cache::part_of(forwarded.view()).has_value();
  const auto cause = is_part ? why_not_stored(exchange, forwarded) : MissCause::none;
  if (!is_part || cause != MissCause::none) {
    if (is_part) { exchange.cache_status.cause = cause; }
    if (is_part && may_share(exchange)) {
      services.uncacheable.remember(exchange.key, exchange.configuration->cache.uncacheable_ttl, cause);
    }
    leadership.end_as(Fill::State::uncacheable);
    co_return FetchedPart{nullptr, std::move(forwarded), 0};
  }
  services.uncacheable.forget(exchange.key);
  services.purged.forget(exchange.key);
  auto fill = leadership.hand_on();
  auto body = std::make_unique<FillBody>(services, fill);
  Keeping keeping{std::move(fill), exchange.key, std::move(forwarded), exchange.configuration};
  begin_keeping(exchange, keeping);
  exchange.cache_status.stored = fits_a_tier(exchange, keeping.fill->head());
  if (!exchange.cache_status.stored) { exchange.cache_status.cause = MissCause::too_large; }
  const auto first = keeping.fill->head().range->first;
  co_await start_keeping(services, std::move(keeping));
  co_return FetchedPart{std::move(body), std::nullopt, first};
}

Task<Result<FetchedPart>> fetch_part(Exchange& exchange, ForwardPlan plan, std::optional<std::uint64_t> first,
                                     bool later) {
  auto& fills = exchange.services.fills;
  if (first && may_share(exchange)) {
    auto joined = fills.join_part(exchange.key, *first, later);
    if (joined.leads) { co_return co_await lead(exchange, std::move(plan), std::move(joined.fill)); }
    auto followed = co_await follow(exchange, std::move(joined.fill), *first);
    if (followed) { co_return std::move(*followed); }
  }
  co_return co_await lead(exchange, std::move(plan), fills.add_unshared(exchange.key));
}

Task<Result<FetchedPart>> fetch_missing(Exchange& exchange, const cache::StoredResponse& stored, MissingPart missing) {
  const auto& settings = exchange.configuration->cache;
  auto wanted = missing.wanted;
  auto read_ahead = settings.read_ahead;
  if (missing.later) {
    wanted.last = std::min(wanted.last, wanted.first | (cache::kPartChunk - 1));
    if (read_ahead > settings.memory_largest / 2) { read_ahead = 0; }
  }
  const auto range =
      cache::part_to_complete(*stored.present, wanted, stored.head.content_length, cache::kPartChunk, read_ahead);
  ForwardPlan plan{true, {}, "bytes=" + std::to_string(range.first) + "-" + std::to_string(range.last), {}};
  if (missing.or_whole) { plan.if_range = if_range_of(stored.head); }
  return fetch_part(exchange, std::move(plan), range.first, missing.later);
}

bool continues(const FetchedPart& fetched, const cache::StoredResponse& stored, std::uint64_t offset) {
  if (fetched.body == nullptr) { return false; }
  return cache::may_combine(stored.head, fetched.head().stored) && fetched.first <= offset &&
         offset <= fetched.head().range->last;
}

}  // namespace sluice::pipeline
