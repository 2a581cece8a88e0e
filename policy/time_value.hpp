#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/time_syntax.hpp"

namespace sluice::policy {

// Single words of a time. nullopt when the word is none of the kind.

std::optional<std::uint8_t> parse_days(std::string_view text) noexcept;  // "mon", "fri-mon", "daily"
// The days that the word was probably meant to be: "mon-fri" of "Mon-Fri", "mon-fry", "Monday-Friday". Empty: none.
std::string nearest_days(std::string_view text);
std::optional<Date> parse_date(std::string_view text) noexcept;  // "2026-12-31"; with a year of 1970 to 2200
std::optional<std::pair<Date, Date>> parse_dates(std::string_view text) noexcept;  // "12-24", "2026-08-01..2026-08-14"
std::optional<int> parse_minute(std::string_view text) noexcept;                   // "08:00" to "24:00"
std::optional<std::pair<int, int>> parse_minutes(std::string_view text) noexcept;  // "08:00-18:00", "22:00-06:00"
bool is_zone_name(std::string_view text) noexcept;  // "Europe/Berlin", "UTC"; says nothing about whether there is one

// Durations and sizes of setting lines: "30s", "10m", "2h", "7d", "1w"; "64MiB", "10kB", "512". Errors: what is
// expected.
std::expected<std::chrono::seconds, std::string> parse_duration_value(std::string_view text);
std::expected<std::uint64_t, std::string> parse_size_value(std::string_view text);

}  // namespace sluice::policy
