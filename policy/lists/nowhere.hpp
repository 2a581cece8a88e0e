#pragma once

#include "policy/address.hpp"

namespace sluice::policy {

// The addresses that hosts files and resolvers give to names that shall lead nowhere: 0.0.0.0, 127.0.0.0/8, :: and ::1.
bool leads_nowhere(const Address& address) noexcept;

}  // namespace sluice::policy
