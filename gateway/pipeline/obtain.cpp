#include "gateway/pipeline/obtain.hpp"

#include "cache/cache_key.hpp"
#include "cache/cacheability.hpp"
#include "cache/invalidation.hpp"
#include "cache/partial_content.hpp"
#include "gateway/pipeline/cache_settings.hpp"
#include "gateway/pipeline/collapse.hpp"
#include "gateway/pipeline/freshen.hpp"
#include "gateway/pipeline/obtain_part.hpp"
#include "gateway/pipeline/pass_through.hpp"
#include "gateway/pipeline/url_keys.hpp"
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

MissCause why_not_cached(const Exchange& exchange) {
  const bool may_use = exchange.configuration->cache.enabled && may_use_cache(exchange);
  if (!may_use || exchange.request.wants_upgrade) { return MissCause::bypass; }
  if (exchange.request.framing != http::Framing::none) { return MissCause::method; }
  // It is forwarded as it came (RFC 9110 7.7); what a server that resolves nothing answers is not for the URL that it
  // stands for.
  const auto& target = exchange.target;
  if (!target.normal.empty() && cache::has_dot_segments(target.path_and_query)) { return MissCause::bypass; }
  return cache::why_not_lookup(exchange.request_view());
}

// Content on disk is opened ahead of the response head: what cannot be read, or not in time, is forwarded instead. The
// front is empty when it is not needed.
Task<DiskTier::Piece> read_front(Exchange& exchange, const cache::StoredResponsePtr& stored, SteadyTime until) {
  if (stored->is_resident()) { co_return cache::Segment{}; }
  const auto needed = cache::content_needed(exchange.request_view(), stored->head);
  if (needed.empty()) { co_return cache::Segment{}; }
  auto& services = exchange.services;
  co_return co_await services.disk->read(stored, needed.front().first, {services.context, services.mailbox, until});
}

// Of content that could not be read.
MissCause cause_of(cache::StoreError error) {
  return error == cache::StoreError::too_slow ? MissCause::disk_slow : MissCause::error;
}

void judge(const Exchange& exchange, Look& look) {
  look.reuse = {};
  if (look.found.response == nullptr) { return; }
  const auto now = std::chrono::floor<std::chrono::seconds>(exchange.start_time);
  look.reuse = cache::judge_reuse(exchange.request_view(), look.found.response->head, now, look.found.stale_from,
                                  exchange.configuration->cache.stale_when_unreachable);
  tell_purge_from_head(look.reuse, look.found.stale_from, exchange.services.purged, exchange.key);
}

bool is_usable(const Look& look) {
  return look.found.response != nullptr && look.reuse.kind != Kind::must_validate;
}

MissCause why_gone(const Exchange& exchange, const Lookup& found) {
  const auto& services = exchange.services;
  if (found.is_purged || services.purged.has(exchange.key)) { return MissCause::purged; }
  return was_evicted(services.memory, services.disk, exchange.key) ? MissCause::evicted : MissCause::cold;
}

void note_miss(Exchange& exchange, const Look& look) {
  const auto& found = look.found;
  auto& status = exchange.cache_status;
  status.hit = false;
  if (is_usable(look)) {
    status.forward = CacheStatus::Forward::partial;
    status.cause = MissCause::range;
    return;
  }
  if (found.response != nullptr) {
    status.forward = miss_reason(look.reuse);
    status.cause = look.reuse.cause;
    return;
  }
  const bool is_vary_miss = found.has_other_variants && !found.is_purged;
  status.forward = is_vary_miss ? CacheStatus::Forward::vary_miss : CacheStatus::Forward::uri_miss;
  status.cause = is_vary_miss ? MissCause::vary : why_gone(exchange, found);
}

bool is_covered(const Exchange& exchange, const Look& look) {
  const auto& stored = *look.found.response;
  return stored.is_whole() || cache::is_covered(exchange.request_view(), stored);
}

// The store does not have it, or not all of it, or it has to be validated.
Task<Result<std::optional<Obtained>>> forward_what_is_missing(Exchange& exchange, Look& look) {
  // A part would join what a hard purge touched, or be taken for there already.
  const bool is_range = cache::find(exchange.request.fields, cache::FieldName::range) != nullptr;
  if (look.found.is_purged && is_range) { remove_stored(exchange.services, exchange.key); }
  auto stored = std::move(look.found.response);
  if (stored == nullptr || look.reuse.kind == Kind::must_validate) {
    const Candidate candidate{std::move(stored), look.reuse};
    exchange.is_validation = candidate.stored != nullptr;
    auto obtained = co_await collapse(exchange, candidate);
    if (exchange.is_validation && obtained && *obtained) { forget_replaced(exchange, **obtained); }
    const auto* validated = obtained && *obtained ? std::get_if<FromStore>(&**obtained) : nullptr;
    if (validated == nullptr || cache::is_covered(exchange.request_view(), *validated->response)) {
      co_return obtained;
    }
    stored = validated->response;
  }
  if (may_complete(exchange, *stored)) { co_return co_await complete(exchange, std::move(stored)); }
  co_return co_await forward_alone(exchange, {});
}

FromStore use(Exchange& exchange, Look& look, cache::Segment front) {
  note_hit(exchange, look.reuse);
  if (look.reuse.kind == Kind::stale_while_revalidate) { validate_behind(exchange, {look.found.response, look.reuse}); }
  return {std::move(look.found.response), look.reuse.age, std::move(front)};
}

}  // namespace

Look look_in_memory(Exchange& exchange) {
  Look look;
  look.bypass = why_not_cached(exchange);
  if (look.bypass != MissCause::none) { return look; }
  make_key(exchange.settings, exchange.target.normal_text(), exchange.key);
  if (exchange.key != exchange.target.text) { exchange.cache_status.key = exchange.key; }
  look.found = find_in_memory(exchange);
  judge(exchange, look);
  return look;
}

std::optional<FromStore> use_resident(Exchange& exchange, Look& look) {
  if (!is_usable(look) || !look.found.response->is_resident() || !is_covered(exchange, look)) { return std::nullopt; }
  return use(exchange, look, {});
}

Task<Result<Obtained>> obtain(Exchange& exchange, Look look) {
  if (look.bypass != MissCause::none) {
    exchange.cache_status.forward = forward_reason(look.bypass);
    exchange.cache_status.cause = look.bypass;
    co_return co_await pass_through(exchange);
  }
  auto disk_failure = MissCause::none;  // it is as if nothing were on disk
  const auto until = disk_deadline(exchange);
  for (int looks = 1;; look.found = find_in_memory(exchange)) {
    if (disk_failure != MissCause::disk_slow && may_be_on_disk(exchange, look.found)) {
      look.found = co_await find_on_disk(exchange, std::move(look.found), until);
      if (look.found.is_disk_late) { disk_failure = MissCause::disk_slow; }
    }
    judge(exchange, look);
    const bool is_hit = is_usable(look) && is_covered(exchange, look);
    if (is_hit) {
      auto front = co_await read_front(exchange, look.found.response, until);
      if (front) { co_return use(exchange, look, std::move(*front)); }
      look.found.response = nullptr;
      disk_failure = cause_of(front.error());
    }
    note_miss(exchange, look);
    if (disk_failure != MissCause::none) { exchange.cache_status.cause = disk_failure; }
    if (cache::is_only_if_cached(exchange.request_view())) {
      co_return fail(ErrorKind::only_if_cached, Side::gateway, "looking up");
    }
    if (looks == 1) { exchange.services.top_keys.note(exchange.key, false); }
    auto obtained = co_await forward_what_is_missing(exchange, look);
    if (!obtained) { co_return std::unexpected(obtained.error()); }
    if (*obtained) { co_return std::move(**obtained); }
    if (looks++ == kLooks) { co_return co_await pass_through(exchange); }
  }
}

}  // namespace sluice::pipeline
