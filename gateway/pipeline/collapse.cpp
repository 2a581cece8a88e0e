#include "gateway/pipeline/collapse.hpp"

#include <algorithm>

#include "cache/cache_control.hpp"
#include "cache/cacheability.hpp"
#include "cache/partial_content.hpp"
#include "cache/ranges.hpp"
#include "cache/validation.hpp"
#include "gateway/pipeline/cache_settings.hpp"
#include "gateway/pipeline/following.hpp"
#include "gateway/pipeline/freshen.hpp"
#include "gateway/pipeline/obtain_part.hpp"
#include "gateway/pipeline/pass_through.hpp"

namespace sluice::pipeline {

namespace {

using cache::FieldName;
using cache::MissCause;
using MaybeObtained = Result<std::optional<Obtained>>;

// A request for a part is not answered with the whole unless that is stored.
bool asks_for_part(const Exchange& exchange) {
  return std::ranges::any_of(exchange.request.fields, [](const auto& field) {
    return field.id == FieldName::range || field.id == FieldName::if_range;
  });
}

// A request that what the client has may answer.
bool holds_copy(const Exchange& exchange) {
  return std::ranges::any_of(exchange.request.fields, [](const auto& field) {
    return field.id == FieldName::if_none_match || field.id == FieldName::if_modified_since;
  });
}

// The part to ask for, when a range is all that the client asked for.
std::optional<cache::PartToAsk> part_to_obtain(const Exchange& exchange) {
  if (holds_copy(exchange)) { return std::nullopt; }
  return cache::part_to_ask(exchange.request_view(), cache::kPartChunk, exchange.configuration->cache.read_ahead);
}

// RFC 5861 4: "an error is any situation that would result in a 500, 502, 503, or 504".
bool is_server_error(int status) noexcept {
  return status == 500 || (status >= 502 && status <= 504);
}

bool may_serve_stale(const Exchange& exchange, const Candidate& candidate) {
  const bool may_serve = candidate.reuse.may_serve_on_error || candidate.reuse.may_serve_disconnected;
  return candidate.stored != nullptr && may_serve && cache::is_covered(exchange.request_view(), *candidate.stored);
}

Obtained serve_stale(Exchange& exchange, const Candidate& candidate) {
  exchange.cache_status.hit = true;
  exchange.cache_status.ttl = candidate.reuse.ttl;
  exchange.cache_status.cause = MissCause::error;
  return FromStore{candidate.stored, candidate.reuse.age, {}};
}

// RFC 9111 4.3.3: a 304 freshens what is stored.
Task<Obtained> freshen(Exchange& exchange, const Candidate& candidate, Forwarded forwarded) {
  auto head = freshened_head(exchange, *candidate.stored, forwarded);
  auto response = freshen_stored(exchange, candidate.stored, std::move(head), forwarded);
  auto& status = exchange.cache_status;
  status.forward_status = 304;
  status.stored = true;
  status.ttl.reset();
  co_await finish(exchange.services, forwarded, *exchange.configuration);
  co_return FromStore{std::move(response), cache::Seconds(0), {}};
}

// The part that a request for a range needs, when a large response is validated: should it have changed, not all of it
// has to come.
std::optional<cache::PartToAsk> part_to_validate(const Exchange& exchange, const Candidate& candidate) {
  if (candidate.stored == nullptr || candidate.stored->head.content_length <= cache::kPartChunk) {
    return std::nullopt;
  }
  return cache::part_to_ask(exchange.request_view(), cache::kPartChunk, exchange.configuration->cache.read_ahead);
}

// Asks for the whole, or for the part that is needed, under the conditions of what is stored. A 304 that selects
// nothing we have (RFC 9111 4.3.4) is no answer to a client that stated none: then once more, without conditions.
Task<Result<Forwarded>> validate(Exchange& exchange, const Candidate& candidate) {
  const auto& stored = candidate.stored->head;
  const auto part = part_to_validate(exchange, candidate);
  const auto range = part ? part->range : std::string{};
  auto forwarded = co_await forward(exchange, {true, cache::validators_of(stored), range, {}});
  if (!forwarded || forwarded->head.status != 304 || cache::selects(forwarded->view(), stored)) { co_return forwarded; }
  co_await finish(exchange.services, *forwarded, *exchange.configuration);
  co_return co_await forward(exchange, {true, {}, range, {}});
}

Task<Result<Forwarded>> ask(Exchange& exchange, const Candidate& candidate) {
  if (candidate.stored != nullptr) { return validate(exchange, candidate); }
  // The client's own conditions: should they hold, the content need not come; else the answer is the whole (200).
  return forward(exchange, {!holds_copy(exchange), {}, {}, {}});
}

// What the policy says about the response counts ahead of what it says itself.
MissCause why_not_stored(Exchange& exchange, Forwarded& forwarded) {
  const bool may_store =
      apply_cache_settings(exchange, forwarded.head.status, forwarded.head.fields, forwarded.response_time);
  return may_store ? cache::why_not_storable(exchange.request_view(), forwarded.view()) : MissCause::bypass;
}

// `fill`: the one that others follow; null when nobody does, and one is made only if there is something to keep.
Task<MaybeObtained> lead(Exchange& exchange, const Candidate& candidate, std::shared_ptr<Fill> fill) {
  Leadership leadership(exchange, fill);
  auto forwarded = co_await ask(exchange, candidate);
  if (!forwarded) {
    leadership.end_as(Fill::State::failed, forwarded.error());
    const bool denied = forwarded.error().kind == ErrorKind::http_request_denied;
    if (may_serve_stale(exchange, candidate) && !denied) { co_return serve_stale(exchange, candidate); }
    co_return std::unexpected(forwarded.error());
  }
  const auto view = forwarded->view();
  if (view.status == 304 && candidate.stored == nullptr) {
    leadership.end_as(Fill::State::uncacheable);
    co_return as_streamed(exchange, std::move(*forwarded));
  }
  if (view.status == 304) {
    auto obtained = co_await freshen(exchange, candidate, std::move(*forwarded));
    leadership.end_as(Fill::State::look_again);
    co_return std::move(obtained);
  }
  if (is_server_error(view.status) && candidate.reuse.may_serve_on_error && may_serve_stale(exchange, candidate)) {
    leadership.end_as(Fill::State::failed,
                      Error{ErrorKind::http_protocol_error, Side::upstream, 0, false, "validating"});
    exchange.cache_status.forward_status = view.status;
    co_return serve_stale(exchange, candidate);
  }
  exchange.cache_status.forward_status = candidate.stored != nullptr ? view.status : 0;
  if ((view.status == 206 || view.status == 416) && part_to_validate(exchange, candidate)) {
    leadership.end_as(Fill::State::look_again);
    co_return co_await use_part(exchange, std::move(*forwarded));
  }
  co_return co_await keep_or_pass(exchange, std::move(*forwarded), leadership);
}

// Because of what is stored, or because the request wants it newer.
bool needs_own_validation(const Candidate& candidate) {
  if (candidate.stored == nullptr) { return false; }
  return candidate.reuse.cause == MissCause::bypass || !cache::is_shareable(candidate.stored->head);
}

Task<MaybeObtained> pass_alone(Exchange& exchange, const cache::StoredResponsePtr& stored) {
  auto passed = co_await pass_through(exchange, stored);
  if (!passed) { co_return std::unexpected(passed.error()); }
  co_return std::move(*passed);
}

// nullopt: the response cannot be had.
Task<std::optional<MaybeObtained>> try_follow(Exchange& exchange, const Candidate& candidate,
                                              std::shared_ptr<Fill> fill) {
  auto body = std::make_unique<FillBody>(exchange.services, fill);
  const auto state = co_await wait_for_head(exchange, fill);
  const bool has_gone_by = state == Fill::State::complete && body->reader().came_too_late();
  if (state == Fill::State::look_again || has_gone_by) { co_return MaybeObtained{std::nullopt}; }
  if (state == Fill::State::failed) {
    if (is_of_leader_only(fill->error())) { co_return MaybeObtained{std::nullopt}; }
    if (may_serve_stale(exchange, candidate)) { co_return MaybeObtained{serve_stale(exchange, candidate)}; }
    if (fill->error()) { co_return MaybeObtained{std::unexpected(*fill->error())}; }
  }
  const bool has_head = state == Fill::State::filling || state == Fill::State::complete;
  if (!has_head || !may_follow(exchange, *body)) { co_return std::nullopt; }
  exchange.cache_status.collapsed = true;
  const auto& stored = fill->head().stored;
  if (cache::evaluate_conditions(exchange.request_view(), stored) == cache::ConditionResult::not_modified) {
    auto response = std::make_shared<cache::StoredResponse>();
    response->head = stored;
    co_return MaybeObtained{FromStore{std::move(response), age_for(exchange, stored), {}}};
  }
  co_return MaybeObtained{as_streamed(exchange, std::move(body), age_for(exchange, stored))};
}

// Those who need another variant than the one that is coming share a forward for theirs.
Task<MaybeObtained> follow(Exchange& exchange, const Candidate& candidate, std::shared_ptr<Fill> fill) {
  auto followed = co_await try_follow(exchange, candidate, fill);
  if (!followed) {
    if (const auto variant = other_variant(exchange, *fill)) {
      auto joined = exchange.services.fills.join_variant(exchange.key, *variant);
      if (joined.leads) { co_return co_await lead(exchange, candidate, std::move(joined.fill)); }
      followed = co_await try_follow(exchange, candidate, std::move(joined.fill));
    }
  }
  if (followed) { co_return std::move(*followed); }
  co_return co_await forward_alone(exchange, candidate);
}

// How long requests for a key do not queue behind one another. What an origin server in trouble answers says little of
// what it will answer next: everyone would come to it at once when it recovers.
milliseconds uncacheable_memory(const Exchange& exchange, int status) {
  constexpr milliseconds kTrouble{1000};
  const milliseconds memory = exchange.configuration->cache.uncacheable_ttl;
  return status == 429 || status >= 500 ? std::min(memory, kTrouble) : memory;
}

// What is only too large to be stored is streamed to everyone from one forward all the same.
bool is_uncacheable(const Exchange& exchange) {
  const auto cause = exchange.services.uncacheable.find(exchange.key);
  return cause && *cause != MissCause::too_large;
}

}  // namespace

Task<MaybeObtained> keep_or_pass(Exchange& exchange, Forwarded forwarded, Leadership& leadership) {
  const auto cause = why_not_stored(exchange, forwarded);
  if (cause != MissCause::none) {
    // What one client asked to be left out of the store says nothing of what others will get.
    if (may_share(exchange)) {
      exchange.services.uncacheable.remember(exchange.key, uncacheable_memory(exchange, forwarded.head.status), cause);
    }
    leadership.end_as(Fill::State::uncacheable);
    exchange.cache_status.cause = cause;
    co_return as_streamed(exchange, std::move(forwarded));
  }
  exchange.services.purged.forget(exchange.key);
  auto fill = leadership.hand_on();
  if (fill == nullptr) { fill = exchange.services.fills.add_unshared(exchange.key); }
  auto obtained = co_await keep_and_follow(exchange, std::move(forwarded), fill);
  const auto memory = exchange.configuration->cache.uncacheable_ttl;
  if (!cache::is_shareable(fill->head().stored)) {
    exchange.services.uncacheable.remember(exchange.key, memory);
  } else if (!exchange.cache_status.stored) {
    exchange.services.uncacheable.remember(exchange.key, memory, MissCause::too_large);
  } else {
    exchange.services.uncacheable.forget(exchange.key);
  }
  co_return std::move(obtained);
}

Task<MaybeObtained> forward_alone(Exchange& exchange, const Candidate& candidate) {
  const bool is_other = exchange.request.method != http::Method::get;
  if (is_other || (candidate.stored == nullptr && asks_for_part(exchange))) {
    return pass_alone(exchange, candidate.stored);
  }
  return lead(exchange, candidate, nullptr);
}

Task<MaybeObtained> collapse(Exchange& exchange, const Candidate& candidate) {
  auto& services = exchange.services;
  if (!may_share(exchange) || is_uncacheable(exchange)) { return forward_alone(exchange, candidate); }
  if (candidate.stored == nullptr && asks_for_part(exchange)) {
    auto part = part_to_obtain(exchange);
    return part ? obtain_part(exchange, std::move(*part)) : forward_alone(exchange, candidate);
  }
  if (needs_own_validation(candidate)) { return forward_alone(exchange, candidate); }
  auto joined = services.fills.join(exchange.key);
  if (joined.leads) { return lead(exchange, candidate, std::move(joined.fill)); }
  return follow(exchange, candidate, std::move(joined.fill));
}

}  // namespace sluice::pipeline
