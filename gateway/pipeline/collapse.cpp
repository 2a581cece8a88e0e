#include "gateway/pipeline/collapse.hpp"

#include "cache/cache_control.hpp"
#include "cache/cacheability.hpp"
#include "cache/validation.hpp"
#include "cache/vary.hpp"
#include "gateway/pipeline/cache_settings.hpp"
#include "gateway/pipeline/freshen.hpp"
#include "gateway/pipeline/lookup.hpp"
#include "gateway/pipeline/pass_through.hpp"

namespace sluice::pipeline {

namespace {

using cache::FieldName;
using cache::MissCause;
using MaybeObtained = Result<std::optional<Obtained>>;

// Requests whose answer may be another client's: anything else is forwarded by itself.
bool may_share(const Exchange& exchange) {
  if (exchange.request.method != http::Method::get) { return false; }
  return cache::find(exchange.request.fields, FieldName::authorization) == nullptr &&
         !cache::has_token(exchange.request.fields, FieldName::cache_control, "no-store");
}

// A request for a part, or under a condition, is not answered with the whole unless that is stored.
bool asks_for_less(const Exchange& exchange) {
  for (const auto& field : exchange.request.fields) {
    switch (field.id) {
      case FieldName::range:
      case FieldName::if_match:
      case FieldName::if_none_match:
      case FieldName::if_modified_since:
      case FieldName::if_unmodified_since:
      case FieldName::if_range:
        return true;
      default:
        break;
    }
  }
  return false;
}

// Ends the leader's fill on every way out that did not hand it on.
class Leadership {
 public:
  Leadership(Exchange& exchange, std::shared_ptr<Fill> fill) : exchange_(exchange), fill_(std::move(fill)) {}
  ~Leadership() { end_as(Fill::State::uncacheable); }
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;

  void end_as(Fill::State state, std::optional<Error> error = std::nullopt) {
    if (fill_ == nullptr) { return; }
    exchange_.services.fills.leave(exchange_.key, *fill_);
    fill_->end_as(state, error);
    fill_ = nullptr;
  }
  std::shared_ptr<Fill> hand_on() { return std::move(fill_); }

 private:
  Exchange& exchange_;
  std::shared_ptr<Fill> fill_;
};

// RFC 5861 4: "an error is any situation that would result in a 500, 502, 503, or 504".
bool is_server_error(int status) noexcept {
  return status == 500 || (status >= 502 && status <= 504);
}

Obtained serve_stale(Exchange& exchange, const Candidate& candidate) {
  exchange.cache_status.hit = true;
  exchange.cache_status.ttl = candidate.reuse.ttl;
  exchange.cache_status.cause = MissCause::error;
  return FromStore{candidate.stored, candidate.reuse.age, {}};
}

// RFC 9111 4.3.3: a 304 freshens what is stored.
Task<Obtained> freshen(Exchange& exchange, const Candidate& candidate, Forwarded forwarded) {
  auto& services = exchange.services;
  auto head = cache::freshen(candidate.stored->head, forwarded.view(), forwarded.request_time, forwarded.response_time);
  head.generation = forwarded.generation;
  apply_cache_settings(exchange, head);
  auto response = freshen_stored(services, candidate.stored, std::move(head));
  auto& status = exchange.cache_status;
  status.forward_status = 304;
  status.stored = true;
  status.ttl.reset();
  co_await finish(services, forwarded, *exchange.configuration);
  co_return FromStore{std::move(response), cache::Seconds(0), {}};
}

// Asks for the whole, under the conditions of what is stored. A 304 that selects nothing we have (RFC 9111 4.3.4) is no
// answer to a client that asked for the whole: then once more, without conditions.
Task<Result<Forwarded>> validate(Exchange& exchange, const cache::StoredHead& stored) {
  auto forwarded = co_await forward(exchange, {true, cache::validators_of(stored)});
  if (!forwarded || forwarded->head.status != 304 || cache::selects(forwarded->view(), stored)) { co_return forwarded; }
  co_await finish(exchange.services, *forwarded, *exchange.configuration);
  co_return co_await forward(exchange, {true, {}});
}

Task<Result<Forwarded>> ask(Exchange& exchange, const Candidate& candidate) {
  if (candidate.stored != nullptr) { return validate(exchange, candidate.stored->head); }
  return forward(exchange, {true, {}});
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
    const bool may_serve = candidate.reuse.may_serve_on_error || candidate.reuse.may_serve_disconnected;
    if (candidate.stored != nullptr && may_serve && !denied) { co_return serve_stale(exchange, candidate); }
    co_return std::unexpected(forwarded.error());
  }
  const auto view = forwarded->view();
  if (view.status == 304) {
    auto obtained = co_await freshen(exchange, candidate, std::move(*forwarded));
    leadership.end_as(Fill::State::look_again);
    co_return std::move(obtained);
  }
  if (is_server_error(view.status) && candidate.reuse.may_serve_on_error) {
    leadership.end_as(Fill::State::failed,
                      Error{ErrorKind::http_protocol_error, Side::upstream, 0, false, "validating"});
    exchange.cache_status.forward_status = view.status;
    co_return serve_stale(exchange, candidate);
  }
  exchange.cache_status.forward_status = candidate.stored != nullptr ? view.status : 0;
  const auto cause = why_not_stored(exchange, *forwarded);
  if (cause != MissCause::none) {
    exchange.services.uncacheable.remember(exchange.key, exchange.configuration->cache.uncacheable_ttl);
    leadership.end_as(Fill::State::uncacheable);
    exchange.cache_status.cause = cause;
    co_return as_streamed(exchange, std::move(*forwarded));
  }
  exchange.services.uncacheable.forget(exchange.key);
  exchange.services.purged.forget(exchange.key);
  auto filled = leadership.hand_on();
  if (filled == nullptr) { filled = FillTable::alone(); }
  co_return co_await keep_and_follow(exchange, std::move(*forwarded), std::move(filled));
}

Task<MaybeObtained> pass_alone(Exchange& exchange, const cache::StoredResponsePtr& stored) {
  auto passed = co_await pass_through(exchange, stored);
  if (!passed) { co_return std::unexpected(passed.error()); }
  co_return std::move(*passed);
}

// By itself, but what may be stored is kept all the same.
Task<MaybeObtained> forward_alone(Exchange& exchange, const Candidate& candidate) {
  const bool is_other = exchange.request.method != http::Method::get;
  if (is_other || (candidate.stored == nullptr && asks_for_less(exchange))) {
    return pass_alone(exchange, candidate.stored);
  }
  return lead(exchange, candidate, nullptr);
}

bool selects_same_variant(const Exchange& exchange, const cache::StoredHead& stored) {
  const auto names = cache::vary_names(stored.fields.fields());
  return !names.matches_nothing && cache::variant_key(names, exchange.request.fields) == stored.variant;
}

// Whose error is it? What ended the leader's own client, or what policy said of it, is no answer to anybody else.
bool is_of_leader_only(const std::optional<Error>& error) {
  return error && (error->side == Side::client || error->kind == ErrorKind::http_request_denied ||
                   error->kind == ErrorKind::destination_ip_prohibited || error->kind == ErrorKind::shutting_down);
}

Task<MaybeObtained> follow(Exchange& exchange, const Candidate& candidate, std::shared_ptr<Fill> fill) {
  auto body = std::make_unique<FillBody>(exchange.services, fill);
  const auto deadline = std::chrono::steady_clock::now() + exchange.configuration->cache.collapse_wait;
  for (bool in_time = true;;) {
    const auto seen = fill->changes();
    const auto state = fill->state();
    if (state == Fill::State::look_again) { co_return std::optional<Obtained>{}; }
    if (state == Fill::State::failed && is_of_leader_only(fill->error())) { co_return std::optional<Obtained>{}; }
    const bool may_serve = candidate.reuse.may_serve_on_error || candidate.reuse.may_serve_disconnected;
    if (state == Fill::State::failed && candidate.stored != nullptr && may_serve) {
      co_return serve_stale(exchange, candidate);
    }
    if (state == Fill::State::failed && fill->error()) { co_return std::unexpected(*fill->error()); }
    if (state == Fill::State::uncacheable || !in_time) { break; }
    if (state == Fill::State::filling || state == Fill::State::complete) {
      const auto& stored = fill->head().stored;
      if (body->reader().came_too_late() || !selects_same_variant(exchange, stored)) { break; }
      if (!is_allowed(exchange, stored)) { break; }
      // It was asked for ahead of a purge that touches it: nobody who came since gets it.
      if (!exchange.services.purges.judge(stored).is_clean()) { break; }
      exchange.cache_status.collapsed = true;
      co_return as_streamed(*fill, std::move(body));
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    in_time = left.count() > 0;
    if (!in_time) { continue; }
    in_time = co_await Fill::wait_for_change(fill, seen, exchange.services.context, exchange.services.mailbox, left);
  }
  body.reset();
  co_return co_await forward_alone(exchange, candidate);
}

}  // namespace

Task<MaybeObtained> collapse(Exchange& exchange, const Candidate& candidate) {
  auto& services = exchange.services;
  const bool partial = candidate.stored == nullptr && asks_for_less(exchange);
  if (!may_share(exchange) || partial || services.uncacheable.has(exchange.key)) {
    return forward_alone(exchange, candidate);
  }
  auto joined = services.fills.join(exchange.key);
  if (joined.leads) { return lead(exchange, candidate, std::move(joined.fill)); }
  return follow(exchange, candidate, std::move(joined.fill));
}

}  // namespace sluice::pipeline
