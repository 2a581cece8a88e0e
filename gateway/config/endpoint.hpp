#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::config {

// An address or host name with a port, as configuration spells it: "127.0.0.1:3128", "[::1]:3128",
// "proxy.example:8080".
struct Endpoint {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string text() const;  // brackets around IPv6
};

// What the host may be.
enum class HostForm : std::uint8_t { address, address_or_name };

// Errors: a phrase that goes on from "`x`": "has no port; write 127.0.0.1:3128".
std::expected<Endpoint, std::string> parse_endpoint(std::string_view text, HostForm form);

// "10.0.0.1", "::1", "10.0.0.1:53", "[::1]:53"; the port is `default_port` when there is none.
std::expected<Endpoint, std::string> parse_address_with_optional_port(std::string_view text,
                                                                      std::uint16_t default_port);

bool is_ip_address(std::string_view text) noexcept;
bool is_host_name(std::string_view text) noexcept;

}  // namespace sluice::config
