#pragma once

#include "cache/cache_control.hpp"
#include "cache/connection_options.hpp"
#include "cache/miss_cause.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// RFC 9111 section 3: may a shared cache store this response to this request? `none` means yes; anything else is the
// cause why not. GET makes stored responses, and so does a POST that answers a GET of its URI too (RFC 9110 9.3.3);
// HEAD is answered from them. A 206 is never stored as the whole (`range`): see partial_content.hpp.
MissCause why_not_storable(const RequestView& request, const ResponseView& response);

// The cause why a request cannot even be looked up, `none` when it can: a method other than GET and HEAD; content,
// which the key does not tell apart; If-Match and If-Unmodified-Since, which only the origin server may judge.
// (no-store in the request is a storing matter only, and Range is served from the whole.)
MissCause why_not_lookup(const RequestView& request);

// Does this line of a response belong into its stored head (RFC 9111 3.1)? `options` and `directives` are the
// response's.
bool is_stored_field(const Field& field, const ConnectionOptions& options, const CacheControl& directives) noexcept;

// The head to store: connection-specific fields, Proxy-*, Trailer, Content-Length and fields that no-cache="..." /
// private="..." name removed where RFC 9111 says so; a missing or invalid Date made good. content_length is what
// Content-Length says; who finds another size sets it and calls seal() again. REQUIRES: why_not_storable(...) == none.
// `seal()` is called.
StoredHead make_stored_head(const RequestView& request, const ResponseView& response, std::string_view key,
                            UnixTime request_time, UnixTime response_time, std::string_view origin_address);

// The fields that are not stored because private="..." or no-cache="..." names them: forwarded, to the client whose
// request was answered (RFC 9111 5.2.2.4, 5.2.2.7). They view the message.
std::vector<Field> fields_for_client_alone(Fields response);

}  // namespace sluice::cache
