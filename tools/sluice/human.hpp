#pragma once

#include <cstdint>
#include <string>

// Numbers as people read them.
namespace sluice::cli {

std::string human_count(std::uint64_t count);        // "12,345"
std::string human_size(std::uint64_t octets);        // "512 B", "1.5 KiB", "120 MiB"
std::string human_duration(double seconds);          // "0.3 s", "42 s", "3 min 5 s", "2 h 10 min", "5 d 3 h"
std::string human_percent(double ratio);             // 0.4123: "41.2 %"
std::string human_milliseconds(double value);        // "0.4 ms", "3 ms"
std::string human_time(double seconds_since_epoch);  // "2026-11-23 05:37:06 UTC"; "-" for 0
std::string human_share(std::uint64_t octets, std::uint64_t all);  // "2 MiB of 200 MiB"; "2 MiB" when that is all
std::string plural(std::uint64_t count, const std::string& noun);  // "1 rule", "2 rules"

}  // namespace sluice::cli
