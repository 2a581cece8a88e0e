#pragma once

#include <string>
#include <string_view>

namespace sluice::uri {

// The normal form of path and query: percent-encodings with upper-case digits and for no unreserved octet, no dot
// segments (RFC 3986 6.2.2). What is no percent-encoding stays as it stands.

// Appends to `out`, which is left as it is so far.
void append_normal_path(std::string_view path_and_query, std::string& out);
// Appends it with the percent-encodings brought to their form alone: for parts of a query, which has no dot segments.
void append_normal_escapes(std::string_view text, std::string& out);

// Is there a dot segment in the path, also a percent-encoded one? Servers differ in what they make of those.
bool has_dot_segments(std::string_view path_and_query);

// True when append_normal_path() would change nothing. Cost: two searches.
bool is_normal_path(std::string_view path_and_query) noexcept;

}  // namespace sluice::uri
