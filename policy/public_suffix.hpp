#pragma once

#include <string>

namespace sluice::policy {

// A name under which anybody can register names of their own ("com", "co.uk"), by the public suffix list of libpsl.
// REQUIRES: lower case, A-labels.
bool is_public_suffix(const std::string& name);

}  // namespace sluice::policy
