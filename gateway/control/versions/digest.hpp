#pragma once

#include <string>
#include <string_view>

namespace sluice::control {

// SHA-256 in hexadecimal digits.
std::string sha256_of(std::string_view octets);

}  // namespace sluice::control
