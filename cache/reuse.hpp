#pragma once

#include "cache/miss_cause.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

inline constexpr Seconds kStaleWhenUnreachable = std::chrono::hours{24};

// RFC 9111 section 4: what a stored response may be used for, for this request, now.
struct Reuse {
  enum class Kind : std::uint8_t {
    fresh,                   // send it (with cause `expired`: stale, but the client takes that; max-stale)
    stale_while_revalidate,  // send it, validate behind the client's back (RFC 5861 3)
    must_validate,           // forward with conditions first
  };
  Kind kind = Kind::must_validate;
  // Why it is not plainly fresh: `expired` (its own doing: stale, or no-cache), `purged` (a soft purge made it stale)
  // or `bypass` (the request wants it newer).
  MissCause cause = MissCause::none;
  Seconds age{0};
  Seconds ttl{0};  // remaining freshness; negative when stale (Cache-Status ttl)
  // When validating is answered with 500, 502, 503 or 504, or not at all: the origin server (or the client) said
  // stale-if-error and its time has not passed (RFC 5861 4), or the response is still fresh.
  bool may_serve_on_error = false;
  // When the origin server cannot be reached at all: nothing forbids a stale response (RFC 9111 4.2.4), and it is not
  // stale for longer than stale-if-error says, or else `stale_when_unreachable`.
  bool may_serve_disconnected = false;
};
// Cost: one pass over the request's fields, nothing allocated, for a request without Cache-Control.
// `stale_from`: when a soft purge that is not in the head yet made it stale.
Reuse judge_reuse(const RequestView& request, const StoredHead& stored, UnixTime now, UnixTime stale_from = kNeverStale,
                  Seconds stale_when_unreachable = kStaleWhenUnreachable);

// May a response serve others than the one whose request it answers, without a validation for each (RFC 9111 4)? Not
// when it came stale, and not with no-cache.
bool is_shareable(const StoredHead& stored);

// Request directive only-if-cached (RFC 9111 5.2.1.7): a miss is answered with 504.
bool is_only_if_cached(const RequestView& request);

}  // namespace sluice::cache
