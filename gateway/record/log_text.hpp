#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <string>
#include <string_view>

namespace sluice::record {

// What the three line formats share: numbers, time stamps and the escaping of text from outside.

template <std::integral Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end.ptr);
}

// The same, padded on the left with `fill` to at least `width`.
void append_padded(std::string& out, std::int64_t number, std::size_t width, char fill);

// Milliseconds since the epoch. Times before it are taken for the epoch: a clock set wrongly must not break a line.
std::int64_t epoch_milliseconds(std::chrono::system_clock::time_point time) noexcept;

// "2026-02-03T04:05:06.007Z" (RFC 3339). The part down to the second is kept per thread until the second changes.
void append_rfc3339(std::string& out, std::chrono::system_clock::time_point time);

// The same into memory; returns the end of what was written. REQUIRES: room for kRfc3339Size octets.
inline constexpr std::size_t kRfc3339Size = 32;
char* write_rfc3339(char* to, std::chrono::system_clock::time_point time);

// "03/Feb/2026:04:05:06 +0000", as Apache writes it.
void append_common_log_time(std::string& out, std::chrono::system_clock::time_point time);

// The inside of a JSON string, always valid UTF-8: what is not UTF-8 becomes U+FFFD, octet by octet. Besides what RFC
// 8259 section 7 demands, everything that some reader takes for a line end (U+0085, U+2028, U+2029) and everything that
// can rearrange a terminal (C1 controls, bidirectional overrides) is written as \uXXXX.
void append_json_text(std::string& out, std::string_view text);

// The same into memory; returns the end of what was written. REQUIRES: room for kJsonGrowth octets for each one of
// `text`.
inline constexpr std::size_t kJsonGrowth = 6;
char* write_json_text(char* to, std::string_view text);

// A word of a space-separated line: everything but visible ASCII without quotes and backslash as %XX; "-" when empty.
void append_word(std::string& out, std::string_view text);

// The inside of a quoted string as Apache escapes it: \" \\ and \xhh for all that is not printable ASCII; "-" when
// empty.
void append_quoted_text(std::string& out, std::string_view text);

}  // namespace sluice::record
