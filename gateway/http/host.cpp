#include "gateway/http/host.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/http/characters.hpp"
#include "policy/address.hpp"

namespace sluice::http {
namespace {

constexpr std::uint64_t kTooLarge = std::uint64_t{1} << 33;

bool is_all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char octet) { return is_class(octet, kDigit); });
}

bool is_hex_number(std::string_view text) {
  return text.size() >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x' &&
         std::all_of(text.begin() + 2, text.end(), [](char octet) { return is_class(octet, kHexDigit); });
}

// One part of an address as inet_aton(3) and browsers read it: decimal, octal with a leading 0, hexadecimal with 0x.
std::optional<std::uint64_t> address_part(std::string_view text) {
  unsigned base = 10;
  if (is_hex_number(text)) {
    base = 16;
    text.remove_prefix(2);
  } else if (!is_all_digits(text)) {
    return std::nullopt;
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  std::uint64_t value = 0;
  for (const char octet : text) {
    const auto digit = hex_value(octet);
    if (digit >= base) { return std::nullopt; }
    value = std::min(value * base + digit, kTooLarge);
  }
  return value;
}

// One to four parts; the last one fills all octets that are left ("127.1" is 127.0.0.1).
std::optional<std::array<std::uint8_t, 4>> loose_ipv4(std::string_view host) {
  std::array<std::uint64_t, 4> parts{};
  std::size_t count = 0;
  for (;;) {
    const auto dot = host.find('.');
    const auto part = address_part(host.substr(0, dot));
    if (!part || count == parts.size()) { return std::nullopt; }
    parts[count++] = *part;
    if (dot == host.npos) { break; }
    host.remove_prefix(dot + 1);
  }
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (parts[i] > 0xff) { return std::nullopt; }
    octets[i] = static_cast<std::uint8_t>(parts[i]);
  }
  auto last = parts[count - 1];
  if (last >= std::uint64_t{1} << (8 * (5 - count))) { return std::nullopt; }
  for (std::size_t i = 4; i-- > count - 1;) {
    octets[i] = static_cast<std::uint8_t>(last & 0xff);
    last >>= 8;
  }
  return octets;
}

// A host whose last label is a number is an address or nothing: no top-level domain is numeric, and every resolver has
// its own idea of "1.2.3.08".
bool ends_in_number(std::string_view host) {
  const auto dot = host.rfind('.');
  const auto label = dot == host.npos ? host : host.substr(dot + 1);
  return is_all_digits(label) || is_hex_number(label);
}

const char* append_ipv4(std::string_view host, std::string& out) {
  const auto octets = loose_ipv4(host);
  if (!octets) { return "parsing the host: bad IPv4 address"; }
  // Written here, not by Address: this is on the path of every request to an address.
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) { out += '.'; }
    out += std::to_string((*octets)[i]);
  }
  return nullptr;
}

const char* append_ipv6(std::string_view inner, std::string& out) {
  if (inner.find('%') != inner.npos) { return "parsing the host: address with a zone"; }
  const auto address = inner.find(':') == inner.npos ? std::nullopt : policy::Address::parse(inner);
  if (!address) { return "parsing the host: bad IPv6 address"; }
  out += address->text();
  return nullptr;
}

// Letters, digits, hyphen, and the underscore that some real names have. Percent-encoded octets, which RFC 3986 allows,
// and non-ASCII letters are refused: a client writes A-labels.
const char* append_name(std::string_view host, std::string& out) {
  std::size_t label = 0;
  for (const char octet : host) {
    const bool dot = octet == '.';
    if (dot && label == 0) { return "parsing the host: empty label"; }
    label = dot ? 0 : label + 1;
    if (label > 63) { return "parsing the host: label too long"; }
    const bool letter = (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
    if (!letter && !dot && !is_class(octet, kDigit) && octet != '-' && octet != '_') {
      return octet == '%' ? "parsing the host: percent-encoded octet" : "parsing the host: bad octet";
    }
    out += to_lower(octet);
  }
  return nullptr;
}

}  // namespace

const char* append_normal_host(std::string_view host, std::string& out, bool& is_address) {
  is_address = false;
  if (host.starts_with('[')) {
    is_address = true;
    if (!host.ends_with(']')) { return "parsing the host: bracket without its pair"; }
    return append_ipv6(host.substr(1, host.size() - 2), out);
  }
  if (host.ends_with('.')) { host.remove_suffix(1); }
  if (host.empty()) { return "parsing the host: empty"; }
  if (host.size() > 253) { return "parsing the host: too long"; }
  if (host.ends_with('.')) { return "parsing the host: empty label"; }
  if (ends_in_number(host)) {
    is_address = true;
    return append_ipv4(host, out);
  }
  return append_name(host, out);
}

const char* split_authority(std::string_view authority, AuthorityParts& out) noexcept {
  // "Before making use of an "http" or "https" URI reference received from an untrusted source, a recipient SHOULD
  // parse for userinfo and treat its presence as an error" (RFC 9110 4.2.4).
  if (authority.find('@') != authority.npos) { return "parsing the authority: userinfo"; }
  std::size_t host_end = 0;
  if (authority.starts_with('[')) {
    host_end = authority.find(']');
    if (host_end == authority.npos) { return "parsing the authority: bracket without its pair"; }
    ++host_end;
  } else {
    host_end = std::min(authority.find(':'), authority.size());
  }
  out.host = authority.substr(0, host_end);
  const auto rest = authority.substr(host_end);
  out.has_colon = rest.starts_with(':');
  if (!rest.empty() && !out.has_colon) { return "parsing the authority: octets behind the address"; }
  out.port = out.has_colon ? rest.substr(1) : std::string_view();
  return nullptr;
}

const char* read_port(std::string_view text, std::uint16_t& out) noexcept {
  if (!is_all_digits(text) || text.size() > 5) { return "parsing the authority: bad port"; }
  unsigned value = 0;
  for (const char octet : text) { value = value * 10 + static_cast<unsigned>(octet - '0'); }
  if (value == 0 || value > 65535) { return "parsing the authority: bad port"; }
  out = static_cast<std::uint16_t>(value);
  return nullptr;
}

bool is_localhost(std::string_view host) noexcept {
  constexpr std::string_view kName = "localhost";
  if (!host.ends_with(kName)) { return false; }
  host.remove_suffix(kName.size());
  return host.empty() || host.ends_with('.');
}

}  // namespace sluice::http
