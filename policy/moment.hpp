#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace sluice::policy {

// "tue 10:00": the next such moment from `now` on; "2026-12-25 10:00"; "10:00" of today; each with a zone behind it,
// UTC when there is none. Errors: what is expected, in words.
std::expected<std::chrono::sys_seconds, std::string> parse_moment(std::string_view text, std::chrono::sys_seconds now);

}  // namespace sluice::policy
