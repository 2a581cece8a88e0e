#pragma once

#include "cache/miss_cause.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// RFC 9111 section 4: what a stored response may be used for, for this request, now.
struct Reuse {
  enum class Kind : std::uint8_t {
    fresh,                    // send it
    stale_while_revalidate,   // send it, validate behind the client's back (RFC 5861 3)
    must_validate,            // forward with conditions first
  };
  Kind kind = Kind::must_validate;
  MissCause cause = MissCause::none;   // why it is not plainly fresh
  Seconds age{0};
  Seconds ttl{0};                      // remaining freshness; negative when stale (Cache-Status ttl)
  bool may_serve_on_error = false;     // stale-if-error, or a disconnected cache may (RFC 5861 4, RFC 9111 4.2.4)
};
Reuse judge_reuse(const RequestView& request, const StoredHead& stored, UnixTime now);

// Request directive only-if-cached (RFC 9111 5.2.1.7): a miss is answered with 504.
bool is_only_if_cached(const RequestView& request);

}  // namespace sluice::cache
