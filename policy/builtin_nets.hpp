#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "policy/address.hpp"

namespace sluice::policy {

inline constexpr std::array<std::string_view, 3> kBuiltinNets{"local", "private", "self"};

// The prefixes of a net that every policy has; nullopt when there is none of that name.
// `local`: this machine, its link, multicast, and the metadata services of cloud machines.
// `private`: RFC 1918, RFC 6598 (shared by carriers), RFC 4193 (unique local).
// `self`: the prefixes given, the gateway's own.
// Each covers the IPv6 addresses in which an IPv4 address of it is embedded: IPv4-compatible (RFC 4291 2.5.5.1),
// NAT64 (RFC 6052, well-known prefix) and 6to4 (RFC 3056).
std::optional<std::vector<Prefix>> builtin_net(std::string_view name, std::span<const Prefix> self);

}  // namespace sluice::policy
