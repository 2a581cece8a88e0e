#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "policy/syntax.hpp"

namespace sluice::policy {

// Single values of a policy text. Errors: what is wrong and what is expected, in words. Parts of URLs come out as those
// of a request are judged: without dot segments and needless escapes.

std::expected<Prefix, std::string> parse_prefix_value(std::string_view text);
// "www.example.com", ".example.com", "*.example.com", an address; normalised, with A-labels for other than ASCII
// letters.
std::expected<HostPattern, std::string> parse_host_value(std::string_view text);
std::expected<PortRange, std::string> parse_port_value(std::string_view text);  // "443", "8000-8100"
std::expected<std::string, std::string> parse_method_value(std::string_view text);
std::expected<std::string, std::string> parse_scheme_value(std::string_view text);
std::expected<std::string, std::string> parse_mode_value(std::string_view text);
std::expected<std::string, std::string> parse_protocol_value(std::string_view text);   // "tcp", "udp"
std::expected<std::string, std::string> parse_interface_value(std::string_view text);  // "eth0", "br-lan"
std::expected<std::string, std::string> parse_listener_value(std::string_view text);   // "3128", "192.0.2.1:3128"
std::expected<std::string, std::string> parse_path_value(std::string_view text);       // "/ads/", "/app"
std::expected<std::string, std::string> parse_query_value(std::string_view text);      // "utm_*", "format=pdf"
std::expected<std::string, std::string> parse_type_value(std::string_view text);       // "text/html", "image/*"
std::expected<PortRange, std::string> parse_status_value(std::string_view text);       // "404", "500-599"
std::optional<std::uint32_t> parse_count_value(std::string_view text);                 // 1 to 1000000
std::expected<std::string, std::string> parse_field_name(std::string_view text);       // RFC 9110 5.1
std::expected<std::string, std::string> parse_user_value(std::string_view text);       // "alice", "alice@EXAMPLE.COM"
std::expected<std::string, std::string> parse_group_name(std::string_view text);       // as the name of a net
std::expected<std::string, std::string> parse_alpn_value(std::string_view text);       // "h2", "http/1.1"

// The name of a net: a letter, then letters, digits, `-`, `_`; 64 at most.
bool is_net_name(std::string_view text) noexcept;
// An id of a rule: a letter or digit, then letters, digits, `.`, `-`, `_`; 64 at most.
bool is_rule_id(std::string_view text) noexcept;
bool is_utf8(std::string_view text) noexcept;  // RFC 3629: no overlong forms, no surrogates
// Letters are those of ASCII.
bool is_letter(char c) noexcept;
bool is_digit(char c) noexcept;
std::string lower_case(std::string_view text);

}  // namespace sluice::policy
