#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::cache {

// Scheme and authority of an absolute http or https URI: lower case, without the scheme's default port; nullopt for
// anything else, a userinfo included.
std::optional<std::string> origin_of(std::string_view uri);

// `reference` resolved against `base` (RFC 3986 5.2), normalised as a target URI is, without fragment; nullopt when the
// result has no origin. REQUIRES: `base` is an absolute http or https URI.
std::optional<std::string> resolve(std::string_view base, std::string_view reference);

}  // namespace sluice::cache
