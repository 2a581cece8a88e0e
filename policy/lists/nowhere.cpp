#include "policy/lists/nowhere.hpp"

#include <algorithm>

namespace sluice::policy {

bool leads_nowhere(const Address& address) noexcept {
  const auto& octets = address.octets();
  if (address.is_ipv4()) { return octets[12] == 127 || address == Address::from_ipv4({0, 0, 0, 0}); }
  return std::all_of(octets.begin(), octets.end() - 1, [](std::uint8_t octet) { return octet == 0; }) &&
         octets[15] <= 1;
}

}  // namespace sluice::policy
