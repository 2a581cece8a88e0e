#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cache/stored_response.hpp"

namespace sluice::cache {

// IMF-fixdate, and the two obsolete forms, to the letter (RFC 9110 5.6.7); nullopt for any deviation.
std::optional<UnixTime> parse_http_date(std::string_view text) noexcept;
std::string format_http_date(UnixTime time);  // "Sun, 06 Nov 1994 08:49:37 GMT"

}  // namespace sluice::cache
