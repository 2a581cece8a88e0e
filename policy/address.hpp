#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::policy {

// An IPv4 or IPv6 address as 16 octets in network order. IPv4 is kept in its mapped form (::ffff:a.b.c.d), so that
// one address has one value however it was spelled.
class Address {
 public:
  constexpr Address() = default;  // ::
  explicit constexpr Address(const std::array<std::uint8_t, 16>& octets) : octets_(octets) {}

  static Address from_ipv4(std::array<std::uint8_t, 4> octets) noexcept;

  // Strict textual forms only: dotted decimal with four parts, RFC 4291 text. No octal, hex, short or scoped forms.
  static std::optional<Address> parse(std::string_view text) noexcept;

  bool is_ipv4() const noexcept;
  const std::array<std::uint8_t, 16>& octets() const noexcept { return octets_; }
  std::string text() const;  // canonical, RFC 5952; IPv4 as dotted decimal

  friend constexpr auto operator<=>(const Address&, const Address&) = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
};

// A network prefix: an address and the number of leading bits that count (in the 128-bit form: 10.0.0.0/8 is /104).
class Prefix {
 public:
  Prefix(Address address, int bits) noexcept;  // REQUIRES: 0 <= bits <= 128; bits behind the prefix are cleared

  // "10.0.0.0/8", "2001:db8::/32", or one address (all bits). Errors: nullopt when it is none of these.
  static std::optional<Prefix> parse(std::string_view text) noexcept;

  bool contains(const Address& address) const noexcept;
  const Address& address() const noexcept { return address_; }
  int bits() const noexcept { return bits_; }
  std::string text() const;

  friend bool operator==(const Prefix&, const Prefix&) = default;

 private:
  Address address_;
  int bits_;
};

}  // namespace sluice::policy
