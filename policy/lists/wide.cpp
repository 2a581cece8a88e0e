#include "policy/lists/wide.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "policy/public_suffix.hpp"

namespace sluice::policy {
namespace {

// RFC 6761 (special-use names), RFC 6762 (`local`, and in appendix G those that networks use for their own), RFC 7686,
// RFC 9476, and what /etc/hosts calls the machine.
constexpr std::array<std::string_view, 14> kOfNoRegistry{"alt",       "corp",    "example", "home",  "internal",
                                                         "intranet",  "invalid", "lan",     "local", "localdomain",
                                                         "localhost", "onion",   "private", "test"};

constexpr int kHalfOfIpv4 = 97;   // as of Prefix
constexpr int kAssignedIpv6 = 3;  // 2000::/3 (RFC 4291 section 2.4)

}  // namespace

std::string_view to_string(Wide wide) noexcept {
  switch (wide) {
    case Wide::public_suffix:
      return "is a public suffix: it stands for every name that anybody registers below it";
    case Wide::single_label:
      return "is a single label: it stands for a whole top-level domain";
    case Wide::ipv4_addresses:
      return "holds half of all IPv4 addresses or more";
    case Wide::ipv6_addresses:
      break;
  }
  return "holds every IPv6 address that is assigned to anybody";
}

std::optional<Wide> wide_label(std::string_view name) {
  if (std::ranges::binary_search(kOfNoRegistry, name)) { return std::nullopt; }
  return is_public_suffix(std::string(name)) ? Wide::public_suffix : Wide::single_label;
}

std::optional<Wide> wide_suffix(std::string_view name) {
  return is_public_suffix(std::string(name)) ? std::optional(Wide::public_suffix) : std::nullopt;
}

std::optional<Wide> wide_prefix(const Prefix& prefix) noexcept {
  if (prefix.address().is_ipv4() && prefix.bits() >= 96) {
    return prefix.bits() <= kHalfOfIpv4 ? std::optional(Wide::ipv4_addresses) : std::nullopt;
  }
  const bool holds_assigned =
      prefix.bits() <= kAssignedIpv6 && prefix.contains(Address({0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  return holds_assigned ? std::optional(Wide::ipv6_addresses) : std::nullopt;
}

}  // namespace sluice::policy
