#include <algorithm>

#include "policy/address.hpp"

namespace sluice::policy {
namespace {

constexpr int kIpv4Offset = 96;  // bits of the mapped form ahead of an IPv4 address

Address cleared_behind(const Address& address, int bits) noexcept {
  auto octets = address.octets();
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    octets[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return Address(octets);
}

// A prefix length: decimal without sign or leading zero.
std::optional<int> parse_length(std::string_view text) noexcept {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) { return std::nullopt; }
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') { return std::nullopt; }
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

Prefix::Prefix(Address address, int bits) noexcept : address_(cleared_behind(address, bits)), bits_(bits) {}

std::optional<Prefix> Prefix::parse(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const auto address = Address::parse(address_text);
  if (!address) { return std::nullopt; }
  if (slash == text.npos) { return Prefix(*address, 128); }
  const auto length = parse_length(text.substr(slash + 1));
  // How it was written decides what its length counts: "::ffff:10.0.0.0/104" is "10.0.0.0/8".
  const int offset = address_text.find(':') == address_text.npos ? kIpv4Offset : 0;
  if (!length || *length + offset > 128) { return std::nullopt; }
  return Prefix(*address, *length + offset);
}

bool Prefix::contains(const Address& address) const noexcept {
  return cleared_behind(address, bits_) == address_;
}

std::string Prefix::text() const {
  std::string text = address_.text();
  if (bits_ == 128) { return text; }
  text += '/';
  text += std::to_string(address_.is_ipv4() ? bits_ - kIpv4Offset : bits_);
  return text;
}

}  // namespace sluice::policy
