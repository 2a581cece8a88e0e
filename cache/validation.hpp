#pragma once

#include <string>
#include <vector>

#include "cache/stored_response.hpp"

namespace sluice::cache {

// RFC 9111 4.3.1: the conditional fields to send upstream to validate `stored`; empty when it has no validator.
struct Validators {
  std::string if_none_match;
  std::string if_modified_since;
  bool empty() const noexcept { return if_none_match.empty() && if_modified_since.empty(); }
};
Validators validators_of(const StoredHead& stored);

// RFC 9111 4.3.2: what the client's own conditions (If-None-Match, If-Modified-Since, If-Match, If-Unmodified-Since)
// make of a stored response that may be used, in the order of RFC 9110 13.2.2. If-Match and If-Unmodified-Since are for
// an origin server to judge (RFC 9111 4.3.2): why_not_lookup() keeps requests with them from coming so far.
enum class ConditionResult : std::uint8_t { send_whole, not_modified, precondition_failed };
ConditionResult evaluate_conditions(const RequestView& request, const StoredHead& stored);

// RFC 9111 4.3.4: the stored head freshened by a 304 (or a 200 to HEAD, 4.3.5): every field of the new one replaces the
// stored ones, except Content-Length, -Encoding, -Type, -Range and connection-specific ones; Vary (unless it becomes
// "*"), because the stored variant was made by it; Set-Cookie, because it is for the client that validated. `seal()` is
// called.
StoredHead freshen(const StoredHead& stored, const ResponseView& not_modified, UnixTime request_time,
                   UnixTime response_time);

// RFC 9111 3.4: the head of a stored response that a part of the same representation joins: the fields of the part
// replace those of the same name, and its times are those of the whole. `seal()` is called.
StoredHead combine_heads(const StoredHead& stored, const StoredHead& part);

// RFC 9111 4.3.5: does this 200 to HEAD speak of the stored response? It freshens it then, and otherwise says that it
// is not what the origin server has any more.
bool describes(const ResponseView& head_response, const StoredHead& stored);

// RFC 9111 4.3.4: does this 304 select that stored response (strong validators match, or none to the contrary)?
bool selects(const ResponseView& not_modified, const StoredHead& stored);

// RFC 9111 4.3.3: does this status of a full response to a validation say that the stored response is not what the
// origin server has any more, whether or not the new one may be stored? Not so an error of the server (5xx), a status
// that speaks of the request rather than of what it asks for (408, 429, ...), a refusal (401, 403) of the credentials
// that came with the request, or any answer to Authorization, which may be for that user alone.
bool ends_stored(const RequestView& request, int status);

}  // namespace sluice::cache
