#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::http {

// The host and port of an authority (RFC 3986 3.2), brought to one spelling so that policy, cache and resolver cannot
// be told different things about one name.

// Appends the normalised host to `out`: lower case, no trailing dot, an address in any spelling as its canonical text
// (IPv6 without brackets; mapped IPv4 as IPv4). Returns null, or a literal that says why it is refused.
const char* append_normal_host(std::string_view host, std::string& out, bool& is_address);

// Splits "host", "host:port" or "[address]:port". `port` is empty when there is no colon behind the host.
// Returns null, or why it is refused (userinfo, brackets that do not match).
struct AuthorityParts {
  std::string_view host;  // with brackets
  std::string_view port;
  bool has_colon = false;
};
const char* split_authority(std::string_view authority, AuthorityParts& out) noexcept;

// 1 to 65535 in at most five digits. Returns null, or why it is refused.
const char* read_port(std::string_view text, std::uint16_t& out) noexcept;

// RFC 6761 6.3: localhost and the names below it are the loopback addresses, and the DNS is never asked.
bool is_localhost(std::string_view host) noexcept;

}  // namespace sluice::http
