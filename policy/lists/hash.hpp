#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::policy {

// XXH3 of 64 bits. Its values stand in compiled files: another function is another version of them.
std::uint64_t hash_of(std::string_view octets) noexcept;

}  // namespace sluice::policy
