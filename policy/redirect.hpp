#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/address.hpp"

namespace sluice::policy {

// Where a `redirect` rule sends clients. In the URL `{host}`, `{path}`, `{url}` and `{rule}` stand for parts of the
// request, and for the rule.
struct Redirect {
  int status = 302;
  std::string url;  // as it is written
};

// What the placeholders stand for.
struct RedirectParts {
  std::string_view url;             // of the request, normalised
  std::string_view host;            // IPv6 without brackets
  std::string_view path_and_query;  // begins with "/"
  std::string_view rule;
};

// The value of the field Location (RFC 9110 10.2.2). Whatever the parts hold, it is a URI: `{host}` as the host of the
// URL is put in as it is, `{path}` too, with the octets encoded that no URI may hold; everything else is encoded but
// for unreserved characters (RFC 3986 2.3). REQUIRES: redirect_error(redirect.url) is empty.
std::string location_of(const Redirect& redirect, const RedirectParts& parts);

// What is wrong with a URL of the policy text, in words; empty: nothing. A good one is an absolute http or https URI of
// ASCII without userinfo, 2000 octets at most. `{host}` is the whole host of it or stands behind; `{path}`, which
// brings its own "/" and query, ends it; `{url}` and `{rule}` stand in its query or fragment.
std::string redirect_error(std::string_view url);

// What the URL, which redirect_error() found good, says of where it leads without any request. `{host}` leaves the host
// open, and each placeholder the rest.
struct RedirectTarget {
  std::string_view scheme;  // "http", "https"
  std::optional<std::string> host;
  std::uint16_t port = 0;
  std::optional<std::string> path_and_query;
};
RedirectTarget target_of(const Redirect& redirect);

}  // namespace sluice::policy
