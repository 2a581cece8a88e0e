#pragma once

#include "cache/miss_cause.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// RFC 9111 section 3: may a shared cache store this response to this request? `none` means yes; anything else is the
// cause why not. Only GET makes stored responses here (HEAD is answered from them); 206 is not stored yet (`range`).
MissCause why_not_storable(const RequestView& request, const ResponseView& response);

// The cause why a request cannot even be looked up (method, no-store in the request is a storing matter only, Range is
// served from the whole), `none` when it can.
MissCause why_not_lookup(const RequestView& request);

// The head to store: connection-specific fields, Age, Proxy-* and fields that no-cache="..." / private="..." name removed
// where RFC 9111 says so. REQUIRES: why_not_storable(...) == none. `seal()` is called.
StoredHead make_stored_head(const RequestView& request, const ResponseView& response, std::string_view key,
                            UnixTime request_time, UnixTime response_time, std::string_view origin_address);

}  // namespace sluice::cache
