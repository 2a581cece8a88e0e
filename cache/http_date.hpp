#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cache/stored_response.hpp"

namespace sluice::cache {

// For the two-digit years of the RFC 850 form when the caller has no time at hand: 2026-01-01.
inline constexpr UnixTime kDateReference{Seconds{1767225600}};

// IMF-fixdate, and the two obsolete forms, to the letter (RFC 9110 5.6.7); nullopt for any deviation, a day name that
// is not the date's among them. `now` decides the century of a two-digit year and nothing else.
std::optional<UnixTime> parse_http_date(std::string_view text, UnixTime now = kDateReference) noexcept;
std::string format_http_date(UnixTime time);  // "Sun, 06 Nov 1994 08:49:37 GMT"

}  // namespace sluice::cache
