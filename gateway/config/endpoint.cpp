#include "gateway/config/endpoint.hpp"

#include <algorithm>
#include <cctype>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "gateway/config/quantity.hpp"

namespace sluice::config {
namespace {

bool is_ipv6_address(const std::string& text) {
  in6_addr octets{};
  return inet_pton(AF_INET6, text.c_str(), &octets) == 1;
}

bool is_ipv4_address(const std::string& text) {
  in_addr octets{};
  return inet_pton(AF_INET, text.c_str(), &octets) == 1;
}

bool is_label(std::string_view label) {
  const auto is_label_octet = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_label_octet);
}

bool looks_like_a_number(std::string_view label) {
  return std::all_of(label.begin(), label.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto number = parse_count(text);
  if (!number || *number > 65535) { return std::nullopt; }
  return static_cast<std::uint16_t>(*number);
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;
  bool in_brackets;
};

std::expected<HostAndPort, std::string> split(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) { return std::unexpected("has an opening bracket without its end"); }
    const auto rest = text.substr(close + 1);
    if (!rest.starts_with(':')) { return std::unexpected("has no port; write [::1]:3128"); }
    return HostAndPort{text.substr(1, close - 1), rest.substr(1), true};
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) { return std::unexpected("has no port; write 127.0.0.1:3128"); }
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return std::unexpected("needs brackets around an IPv6 address; write [::1]:3128");
  }
  return HostAndPort{text.substr(0, colon), text.substr(colon + 1), false};
}

std::string complaint_about_host(HostForm form) {
  return form == HostForm::address ? "does not start with an IP address; write 127.0.0.1:3128 or [::]:3128"
                                   : "does not start with an IP address or a host name; write proxy.example:8080";
}

}  // namespace

bool is_ip_address(std::string_view text) noexcept {
  const std::string terminated(text);
  return is_ipv4_address(terminated) || is_ipv6_address(terminated);
}

bool is_host_name(std::string_view text) noexcept {
  if (text.empty() || text.size() > 253) { return false; }
  std::string_view label;
  while (true) {
    const auto dot = text.find('.');
    label = text.substr(0, dot);
    if (!is_label(label)) { return false; }
    if (dot == std::string_view::npos) { break; }
    text.remove_prefix(dot + 1);
  }
  return !looks_like_a_number(label);  // 300.1.1.1 is a mistyped address, not a name
}

std::string Endpoint::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::expected<Endpoint, std::string> parse_endpoint(std::string_view text, HostForm form) {
  const auto parts = split(text);
  if (!parts) { return std::unexpected(parts.error()); }
  const auto port = parse_port(parts->port);
  if (!port) { return std::unexpected("has a port that is not a number from 0 to 65535"); }
  const std::string host(parts->host);
  const bool is_good = parts->in_brackets
                           ? is_ipv6_address(host)
                           : is_ipv4_address(host) || (form == HostForm::address_or_name && is_host_name(host));
  if (!is_good) { return std::unexpected(complaint_about_host(form)); }
  return Endpoint{host, *port};
}

std::expected<Endpoint, std::string> parse_address_with_optional_port(std::string_view text,
                                                                      std::uint16_t default_port) {
  if (is_ip_address(text)) { return Endpoint{std::string(text), default_port}; }
  auto endpoint = parse_endpoint(text, HostForm::address);
  if (!endpoint) { return std::unexpected("is not an address with an optional port; write 10.0.0.1 or 10.0.0.1:53"); }
  return endpoint;
}

}  // namespace sluice::config
