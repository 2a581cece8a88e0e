#include "cache/miss_cause.hpp"

#include <array>

namespace sluice::cache {

std::string_view to_string(MissCause cause) noexcept {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(MissCause::count_)> kWords = {
      "-",          "cold",  "expired", "vary",      "no-store",     "private", "authorization",
      "set-cookie", "range", "method",  "too-large", "not-admitted", "no-room", "evicted",
      "purged",     "error", "bypass",  "disk-slow"};
  static_assert(!kWords.back().empty());
  const auto index = static_cast<std::size_t>(cause);
  return index < kWords.size() ? kWords[index] : "-";
}

}  // namespace sluice::cache
