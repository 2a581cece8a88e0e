#pragma once

#include <string>
#include <string_view>

namespace sluice::cache {

// The primary key: the normalised effective request URI (RFC 9111 2). The URI comes in with scheme, lower-case host and
// no default port; here the path's percent-encodings are normalised (upper-case hex, unreserved octets decoded) and the
// fragment is dropped. Appends to `out`, which is cleared first, so that a request can reuse its buffer.
void make_cache_key(std::string_view uri, std::string& out);

}  // namespace sluice::cache
