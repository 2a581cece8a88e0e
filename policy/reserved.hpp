#pragma once

#include <string_view>

namespace sluice::policy {

// No net, time or set may be called by a word of the language, or by one that it is going to have.
bool is_reserved(std::string_view name) noexcept;

}  // namespace sluice::policy
