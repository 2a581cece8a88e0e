#include "gateway/own_addresses.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <memory>
#include <system_error>

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sluice {

namespace {

constexpr int kAllBits = 128;

std::vector<policy::Prefix> prefixes_of(const ifaddrs* first) {
  std::vector<policy::Prefix> prefixes;
  for (const auto* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) { continue; }
    if (entry->ifa_addr->sa_family == AF_INET) {
      const auto& address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr;
      prefixes.emplace_back(policy::Address::from_ipv4(std::bit_cast<std::array<std::uint8_t, 4>>(address.s_addr)),
                            kAllBits);
    }
    if (entry->ifa_addr->sa_family == AF_INET6) {
      const auto& address = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr)->sin6_addr;
      prefixes.emplace_back(policy::Address(std::to_array(address.s6_addr)), kAllBits);
    }
  }
  return prefixes;
}

}  // namespace

std::vector<policy::Prefix> own_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) { throw std::system_error(errno, std::system_category(), "getifaddrs"); }
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
  return prefixes_of(first);
}

}  // namespace sluice
