#include "gateway/pipeline/following.hpp"

#include <algorithm>

#include "cache/cache_control.hpp"
#include "cache/freshness.hpp"
#include "cache/reuse.hpp"
#include "cache/vary.hpp"
#include "gateway/pipeline/lookup.hpp"

namespace sluice::pipeline {

namespace {

// nullopt: what selects none is nobody else's.
std::optional<std::string> variant_of(const Exchange& exchange, const cache::StoredHead& stored) {
  const auto names = cache::vary_names(stored.fields.fields());
  if (names.matches_nothing) { return std::nullopt; }
  return cache::variant_key(names, exchange.request.fields);
}

// It may have come behind the request that is to have it.
cache::UnixTime time_of_use(const Exchange& exchange, const cache::StoredHead& stored) {
  return std::max(std::chrono::floor<std::chrono::seconds>(exchange.start_time), stored.response_time);
}

bool may_reuse(const Exchange& exchange, const cache::StoredHead& stored) {
  const auto reuse = cache::judge_reuse(exchange.request_view(), stored, time_of_use(exchange, stored));
  return reuse.kind != cache::Reuse::Kind::must_validate;
}

}  // namespace

void Leadership::end_as(Fill::State state, std::optional<Error> error) {
  if (fill_ == nullptr) { return; }
  exchange_.services.fills.leave(exchange_.key, *fill_);
  fill_->end_as(state, error);
  fill_ = nullptr;
}

bool may_share(const Exchange& exchange) {
  if (exchange.request.method != http::Method::get) { return false; }
  return cache::find(exchange.request.fields, cache::FieldName::authorization) == nullptr &&
         !cache::parse_cache_control(exchange.request.fields).no_store;
}

Task<std::optional<Fill::State>> wait_for_head(Exchange& exchange, std::shared_ptr<Fill> fill) {
  auto& services = exchange.services;
  const auto deadline = std::chrono::steady_clock::now() + exchange.configuration->cache.collapse_wait;
  for (;;) {
    const auto seen = fill->changes();
    const auto state = fill->state();
    if (state != Fill::State::waiting) { co_return state; }
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) { co_return std::nullopt; }
    co_await Fill::wait_for_change(fill, seen, services.context, services.mailbox, left);
  }
}

bool may_follow(Exchange& exchange, const FillBody& body) {
  if (body.reader().came_too_late()) { return false; }
  const auto& stored = body.reader().fill()->head().stored;
  if (variant_of(exchange, stored) != stored.variant || !may_reuse(exchange, stored)) { return false; }
  if (!is_allowed(exchange, stored)) { return false; }
  // What was asked for ahead of a purge that touches it, nobody gets who came since.
  return exchange.services.purges.judge(stored).is_clean();
}

std::optional<std::string> other_variant(const Exchange& exchange, const Fill& fill) {
  const auto state = fill.state();
  if (state != Fill::State::filling && state != Fill::State::complete) { return std::nullopt; }
  auto variant = variant_of(exchange, fill.head().stored);
  if (variant == fill.head().stored.variant) { return std::nullopt; }
  return variant;
}

cache::Seconds age_for(const Exchange& exchange, const cache::StoredHead& stored) {
  return cache::current_age(stored, time_of_use(exchange, stored));
}

bool is_of_leader_only(const std::optional<Error>& error) {
  return error && (error->side == Side::client || error->kind == ErrorKind::http_request_denied ||
                   error->kind == ErrorKind::destination_ip_prohibited || error->kind == ErrorKind::shutting_down);
}

}  // namespace sluice::pipeline
