#pragma once

#include <string>
#include <string_view>

namespace sluice::cache {

// The primary key: the normalised effective request URI (RFC 9111 2). The URI comes in with scheme, lower-case host and
// no default port; here the path's percent-encodings are normalised (upper-case hex, unreserved octets decoded), dot
// segments are removed (RFC 3986 6.2.2) and the fragment is dropped. Appends to `out`, which is cleared first, so that
// a request can reuse its buffer.
void make_cache_key(std::string_view uri, std::string& out);

// Is there a dot segment in the path, also a percent-encoded one? Servers differ in what they make of those.
bool has_dot_segments(std::string_view path_and_query);

// True when make_cache_key() would change nothing, but perhaps add the slash of an empty path. Cost: three searches.
bool is_normal_uri(std::string_view uri) noexcept;

}  // namespace sluice::cache
