#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/error.hpp"
#include "gateway/http/head.hpp"
#include "policy/address.hpp"

namespace sluice::http {

// What scheme and authority come to, normalised. Kept for the next request: a client asks one origin again and again.
struct Site {
  bool is_known = false;
  std::string_view scheme;                   // "http", "https", "" for CONNECT
  std::string received;                      // the authority as the client wrote it
  std::string text;                          // "http://host[:port]"; "host:port" for CONNECT
  std::size_t host_begin = 0, host_end = 0;  // in text
  std::uint16_t port = 0;
  std::optional<policy::Address> address;  // when the host is one
  std::string origin;                      // "host:port": the name of the upstream pool
};

// Where a request goes. Scheme and host are normalised (RFC 3986 6.2.2, RFC 9110 4.2.3): in lower case, no userinfo, no
// trailing dot, IDN as A-labels (U-labels are refused), addresses in every spelling (decimal, hex, octal, short,
// mapped) brought to their canonical text, default port removed from `text`. Path and query are as the client wrote
// them, to be sent on; they are judged and stored under their normal form.
struct TargetUri {
  std::string text;         // "http://host[:port]/path?query"; "host:port" for CONNECT; "*" form is scheme://host
  std::string_view scheme;  // "http" or "https", into text; "" for CONNECT
  std::string_view host;    // into text, IPv6 without brackets
  std::uint16_t port = 0;
  std::string_view path_and_query;  // into text; "*" for OPTIONS *; "" for CONNECT
  Site site;
  std::string normal;  // of `text`, as cache::make_cache_key makes it; empty: `text` is normal

  std::string_view normal_text() const noexcept { return normal.empty() ? text : normal; }
  std::string_view normal_path_and_query() const noexcept {
    if (normal.empty()) { return path_and_query; }
    return std::string_view(normal).substr(static_cast<std::size_t>(path_and_query.data() - text.data()));
  }

  TargetUri() = default;
  TargetUri(const TargetUri&) = delete;  // views into its own text
  TargetUri& operator=(const TargetUri&) = delete;
};

// The target URI of a request to a proxy: absolute-form, or authority-form for CONNECT (RFC 9112 3.2, 3.3). The Host
// field must agree with it; absent Host is fine for HTTP/1.0 only; several are refused before. Reuses out.text's
// memory. Errors: http_request_error, code 400. origin-form is refused here ("this is a proxy port").
Result<void> parse_proxy_target(const RequestHead& request, TargetUri& out);

// The same of a URL by itself, for who asks about one without a request at hand: as of a GET for it.
Result<void> parse_url(std::string_view url, TargetUri& out);

// The same for requests that arrive where an origin server would: origin-form completed with `scheme` ("http", "https")
// and Host, OPTIONS *, and absolute-form. Errors: http_request_error, code 400.
Result<void> parse_origin_target(const RequestHead& request, std::string_view scheme, TargetUri& out);

// authority = host[:port]; for reverse and transparent modes and the tool. `default_port` when it names none.
struct Authority {
  std::string host;
  std::uint16_t port = 0;
  bool host_is_address = false;
};
Result<Authority> parse_authority(std::string_view text, std::uint16_t default_port);

}  // namespace sluice::http
