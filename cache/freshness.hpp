#pragma once

#include "cache/cache_control.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// RFC 9111 4.2.1: s-maxage, max-age, Expires minus Date, else the heuristic of 4.2.2 (a tenth of Date minus
// Last-Modified, at most a day); a targeted field (RFC 9213) replaces Cache-Control and Expires.
Seconds freshness_lifetime(const ResponseView& response, UnixTime response_time);
Seconds freshness_lifetime(const ResponseView& response, const CacheControl& directives, UnixTime response_time);

// What the lifetime came from, for people: "s-maxage", "max-age", "Expires", "heuristic" (a tenth of the time since
// Last-Modified) or "none", with the name of the targeted field that governs in front,
// or "policy" when the operator's rules do: "CDN-Cache-Control max-age".
std::string freshness_source(const ResponseView& response, const CacheControl& directives);

// True when s-maxage, max-age or Expires says how long, be it not at all; only a heuristic could otherwise.
bool has_explicit_freshness(const ResponseView& response, const CacheControl& directives);

// The statuses of RFC 9110 15.1 that are heuristically cacheable, except 206, which is not stored yet.
bool is_heuristically_cacheable(int status) noexcept;

// The Age that a response came with; zero when absent or not readable (RFC 9111 5.1).
Seconds age_value(Fields fields) noexcept;

// RFC 9111 4.2.3 without the time since the response arrived. Never negative, saturating.
Seconds corrected_initial_age(Fields fields, UnixTime request_time, UnixTime response_time) noexcept;

// RFC 9111 4.2.3, never negative, saturating.
Seconds current_age(const StoredHead& head, UnixTime now);

// freshness_lifetime - current_age, or until a soft purge if that was earlier; negative when stale.
Seconds remaining_freshness(const StoredHead& head, UnixTime now);

}  // namespace sluice::cache
