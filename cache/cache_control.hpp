#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/stored_response.hpp"

namespace sluice::cache {

// "A cache ... MUST consider the value to be 2147483648 (2^31)" when it is larger (RFC 9111 1.2.2).
inline constexpr Seconds kMostSeconds{2147483648};

// 1*DIGIT, saturating at kMostSeconds; nullopt for anything else (sign, fraction, unit, nothing).
std::optional<Seconds> parse_delta_seconds(std::string_view text) noexcept;

// The directives of a request or a response (RFC 9111 5.2, RFC 5861, RFC 8246).
// Lifetime: `named_fields` views the message.
struct CacheControl {
  bool no_store = false;
  bool no_cache = false;      // the unqualified form
  bool has_no_cache = false;  // in either form: a request has none that names fields
  bool private_ = false;      // the unqualified form
  bool public_ = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool immutable = false;
  bool only_if_cached = false;
  std::optional<Seconds> max_age;
  std::optional<Seconds> s_maxage;
  std::optional<Seconds> min_fresh;
  std::optional<Seconds> max_stale;  // kMostSeconds for the form without argument
  std::optional<Seconds> stale_while_revalidate;
  std::optional<Seconds> stale_if_error;
  std::vector<std::string_view> named_fields;  // what private="..." and no-cache="..." name

  bool is_targeted = false;  // they came from a targeted field, so Expires counts for nothing (RFC 9213 2.2)
};

// The combined Cache-Control field. Of repeated directives the first counts; a freshness that cannot be read is zero
// (RFC 9111 4.2.1); a restriction counts whatever its argument, a permission only when it is written correctly.
CacheControl parse_cache_control(Fields fields);

// The same from a targeted field, a dictionary structured field; nullopt when it is absent, empty, not well-formed as a
// whole, or a directive known here has a value of another type (RFC 9213 2.1).
std::optional<CacheControl> parse_targeted_cache_control(Fields fields, std::string_view target);

// The value of the first of these targeted fields that is valid; "" when none is, and Cache-Control governs (RFC 9213
// 2.2). Whoever obtains a response puts it into its fields as Sluice-Directives, in place of what may be there.
std::string governing_directives(Fields fields, std::span<const std::string> targets);

// What governs a response at this cache: Sluice-Directives, which a targeted field or the operator's rules were made
// into and nobody else is sent; else Cache-Control.
CacheControl response_directives(Fields fields);

// The value of a targeted field that says the same.
std::string targeted_text(const CacheControl& directives);

}  // namespace sluice::cache
