#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/fields.hpp"

namespace sluice::cache {

// Appends the content codings among br, gzip, zstd and identity that the request accepts (RFC 9110 12.5.3), as "br,
// gzip, identity" in this order; "" when it accepts none of them. REQUIRES: the request has Accept-Encoding.
void append_accept_encoding(Fields request, std::string& out);

// Has the order of members with equal weight a meaning in practice?
enum class Ordering : std::uint8_t { insignificant, breaks_ties };

// A list of preferences with weights (Accept, Accept-Language, Accept-Charset) in one spelling: no whitespace, lower
// case outside quotes, weights without padding, members by falling weight.
std::string normalised_preferences(std::string_view value, Ordering ordering);

}  // namespace sluice::cache
