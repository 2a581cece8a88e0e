#pragma once

#include <vector>

#include "policy/address.hpp"

namespace sluice {

// Every address of every interface of this host, as single-address prefixes: what the policy calls `self`.
std::vector<policy::Prefix> own_addresses();

}  // namespace sluice
