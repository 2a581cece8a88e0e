#include "gateway/net/address.hpp"

namespace sluice::net {

policy::Address to_address(const asio::ip::address& address) noexcept {
  if (address.is_v4()) { return policy::Address::from_ipv4(address.to_v4().to_bytes()); }
  return policy::Address(address.to_v6().to_bytes());  // a mapped IPv4 address has this very form
}

asio::ip::tcp::endpoint to_endpoint(const policy::Address& address, std::uint16_t port) {
  const auto& octets = address.octets();
  if (address.is_ipv4()) { return {asio::ip::address_v4({octets[12], octets[13], octets[14], octets[15]}), port}; }
  return {asio::ip::address_v6(octets), port};
}

std::string text_of(const policy::Address& address, std::uint16_t port) {
  auto text = address.is_ipv4() ? address.text() : "[" + address.text() + "]";
  text += ':';
  text += std::to_string(port);
  return text;
}

}  // namespace sluice::net
