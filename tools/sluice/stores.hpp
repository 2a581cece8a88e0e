#pragma once

#include <string>

#include "gateway/control/protocol.hpp"

namespace sluice::cli {

// "1,234 responses  120 MiB of 256 MiB  3 evictions", or "off".
std::string store_words(const control::StoreStatus& store);

}  // namespace sluice::cli
