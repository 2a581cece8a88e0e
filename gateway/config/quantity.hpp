#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::config {

// Sizes: "64KiB", "16 MiB", "1GiB", "1TiB" or plain octets. nullopt: not a size, or more than 64 bits hold.
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;
std::string format_size(std::uint64_t octets);  // the largest unit that divides it: "64KiB", "1000"

// Durations: "500ms", "10s", "5m", "1h", "7d"; "0" needs no unit. nullopt: not a duration, or too long.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;
std::string format_duration(std::chrono::milliseconds duration);

// Decimal digits only.
std::optional<std::uint64_t> parse_count(std::string_view text) noexcept;

}  // namespace sluice::config
