#include "cache/reuse.hpp"

#include <algorithm>

#include "cache/cache_control.hpp"
#include "cache/freshness.hpp"

namespace sluice::cache {
namespace {

// The request's directives; null `directives` means it has none, the common case.
struct Wishes {
  bool has_directives = false;
  CacheControl directives;
};

Wishes wishes_of(Fields request) {
  bool has_cache_control = false;
  bool has_pragma = false;
  for (const auto& field : request) {
    has_cache_control = has_cache_control || field.id == FieldName::cache_control;
    has_pragma = has_pragma || field.id == FieldName::pragma;
  }
  Wishes out;
  if (has_cache_control) {
    out.has_directives = true;
    out.directives = parse_cache_control(request);
    // RFC 9111 5.2.1.4: of a request it has no form that names fields; whatever its argument, it counts.
    out.directives.no_cache = out.directives.has_no_cache;
  } else if (has_pragma && has_token(request, FieldName::pragma, "no-cache")) {
    // RFC 9111 5.4: "When the Cache-Control header field is not present in a request, caches MUST consider the no-cache
    // request pragma-directive as having the same effect as if "Cache-Control: no-cache" were present" (RFC 7234 5.4).
    out.has_directives = true;
    out.directives.no_cache = true;
  }
  return out;
}

// Does the request want something newer than this response, be it fresh?
bool is_too_old_for(const CacheControl& wishes, const StoredHead::Derived& stored, const Reuse& reuse) {
  // RFC 9111 5.2.1.4: "The no-cache request directive indicates that the client prefers stored response not be used to
  // satisfy the request without successful validation on the origin server."
  if (wishes.no_cache) { return true; }
  // RFC 8246 2.1: proxies skip conditionally validating fresh immutable responses "unless there is a signal from the
  // client that a validation is necessary (e.g., a no-cache Cache-Control request directive"; the max-age=0 of a
  // reload is what immutable is there for.
  const bool is_immutable = stored.immutable && reuse.ttl > Seconds{0};
  // RFC 9111 5.2.1.1: max-age: "the client prefers a response whose age is less than or equal to the specified number
  // of seconds."
  // An age is rounded down to the second, so that nothing stored is as young as 0.
  const bool is_older = wishes.max_age && (reuse.age > *wishes.max_age || *wishes.max_age == Seconds{0});
  if (is_older && !is_immutable) { return true; }
  // RFC 9111 5.2.1.3: min-fresh: "the client prefers a response whose freshness lifetime is no less than its current
  // age plus the specified time in seconds."
  return wishes.min_fresh && reuse.ttl < *wishes.min_fresh;
}

// RFC 9111 5.2.1.2: max-stale: "the client will accept a response that has exceeded its freshness lifetime", "by no
// more than the specified number of seconds".
bool accepts_stale(const CacheControl& wishes, Seconds staleness) {
  return wishes.max_stale && staleness <= *wishes.max_stale;
}

// The limit on serving after an error: the response's own, else the request's (RFC 5861 4 has it in both); -1: none.
Seconds error_limit(const Wishes& wishes, const StoredHead::Derived& stored) {
  if (stored.stale_if_error >= Seconds{0}) { return stored.stale_if_error; }
  return wishes.has_directives ? wishes.directives.stale_if_error.value_or(Seconds{-1}) : Seconds{-1};
}

// RFC 5861 4: "the stale-if-error Cache-Control extension indicates that when an error is encountered, a cached stale
// response MAY be used to satisfy the request, regardless of other freshness information."
void judge_failure(const Wishes& wishes, const StoredHead::Derived& stored, Seconds when_unreachable, Reuse& reuse) {
  const bool wants_validation = wishes.has_directives && wishes.directives.no_cache;
  if (wants_validation || stored.must_validate) { return; }
  if (reuse.ttl > Seconds{0}) {
    reuse.may_serve_on_error = reuse.may_serve_disconnected = true;
    return;
  }
  if (!stored.may_be_stale) { return; }
  const auto limit = error_limit(wishes, stored);
  reuse.may_serve_on_error = limit >= Seconds{0} && -reuse.ttl <= limit;
  // RFC 9111 4.2.4: "A cache MUST NOT generate a stale response unless it is disconnected or doing so is explicitly
  // permitted by the client or origin server". A limit that was stated holds here too; where none was, ours does.
  const bool within_ours = when_unreachable > Seconds{0} && -reuse.ttl <= when_unreachable;
  reuse.may_serve_disconnected = limit >= Seconds{0} ? reuse.may_serve_on_error : within_ours;
}

void judge_stale(const Wishes& wishes, const StoredHead::Derived& stored, Reuse& reuse) {
  if (!stored.may_be_stale) { return; }
  const auto staleness = -reuse.ttl;
  if (wishes.has_directives && accepts_stale(wishes.directives, staleness)) {
    reuse.kind = Reuse::Kind::fresh;
    return;
  }
  // RFC 9111 5.2.1.1: "Unless the max-stale request directive is also present, the client does not wish to receive a
  // stale response." The same goes for one that asks for min-fresh.
  if (wishes.has_directives && (wishes.directives.max_age || wishes.directives.min_fresh)) { return; }
  // RFC 5861 3: "caches MAY serve the response in which it appears after it becomes stale, up to the indicated number
  // of seconds."
  if (stored.stale_while_revalidate >= Seconds{0} && staleness <= stored.stale_while_revalidate) {
    reuse.kind = Reuse::Kind::stale_while_revalidate;
  }
}

// A soft purge ends the freshness at its time.
Seconds time_until_stale(UnixTime stale_from, UnixTime now) {
  return stale_from == kNeverStale ? Seconds::max() : stale_from - now;
}

}  // namespace

Reuse judge_reuse(const RequestView& request, const StoredHead& stored, UnixTime now, UnixTime stale_from,
                  Seconds stale_when_unreachable) {
  const auto wishes = wishes_of(request.fields);
  Reuse reuse;
  reuse.age = current_age(stored, now);
  reuse.ttl = stored.derived.freshness_lifetime - reuse.age;
  const auto until_purged = time_until_stale(std::min(stale_from, stored.stale_from), now);
  const auto stale_cause = until_purged < reuse.ttl ? MissCause::purged : MissCause::expired;
  reuse.ttl = std::min(reuse.ttl, until_purged);
  judge_failure(wishes, stored.derived, stale_when_unreachable, reuse);
  // RFC 9111 5.2.2.4: no-cache: the response "MUST NOT be used to satisfy any other request without forwarding it for
  // validation and receiving a successful response".
  if (stored.derived.must_validate) {
    reuse.cause = stale_cause;
    return reuse;
  }
  // RFC 9111 4.2: response_is_fresh = (freshness_lifetime > current_age)
  const bool is_fresh = reuse.ttl > Seconds{0};
  if (wishes.has_directives && is_too_old_for(wishes.directives, stored.derived, reuse)) {
    const bool takes_it_stale = !is_fresh && stored.derived.may_be_stale && !wishes.directives.no_cache &&
                                !wishes.directives.min_fresh && accepts_stale(wishes.directives, -reuse.ttl);
    const bool is_within_age = !wishes.directives.max_age || reuse.age <= *wishes.directives.max_age;
    if (!takes_it_stale || !is_within_age) {
      reuse.cause = is_fresh ? MissCause::bypass : stale_cause;
      return reuse;
    }
  }
  if (is_fresh) {
    reuse.kind = Reuse::Kind::fresh;
  } else {
    judge_stale(wishes, stored.derived, reuse);
    reuse.cause = stale_cause;
  }
  return reuse;
}

bool is_shareable(const StoredHead& stored) {
  return judge_reuse({"GET", stored.key, {}}, stored, stored.response_time).kind != Reuse::Kind::must_validate;
}

bool is_only_if_cached(const RequestView& request) {
  return find(request.fields, FieldName::cache_control) != nullptr &&
         parse_cache_control(request.fields).only_if_cached;
}

}  // namespace sluice::cache
