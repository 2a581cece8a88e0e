#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::cache {

// RFC 9110 5.6.2.
constexpr bool is_token_octet(char c) noexcept {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) { return true; }
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

constexpr bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_token_octet(c)) { return false; }
  }
  return !text.empty();
}

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// 1*DIGIT; nullopt for anything else and for what does not fit.
constexpr std::optional<std::uint64_t> parse_count(std::string_view text) noexcept {
  if (text.empty()) { return std::nullopt; }
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (!is_digit(c) || value > (UINT64_MAX - digit) / 10) { return std::nullopt; }
    value = value * 10 + digit;
  }
  return value;
}

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace sluice::cache
