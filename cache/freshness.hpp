#pragma once

#include "cache/stored_response.hpp"

namespace sluice::cache {

// RFC 9111 4.2.1: s-maxage, max-age, Expires minus Date, else the heuristic of 4.2.2 (a tenth of Date minus
// Last-Modified, at most a day); a targeted field (RFC 9213: CDN-Cache-Control) replaces Cache-Control and Expires.
Seconds freshness_lifetime(const ResponseView& response, UnixTime response_time);

// RFC 9111 4.2.3, never negative, saturating.
Seconds current_age(const StoredHead& head, UnixTime now);

// freshness_lifetime - current_age; negative when stale.
Seconds remaining_freshness(const StoredHead& head, UnixTime now);

}  // namespace sluice::cache
