#include "policy/time_value.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "policy/nearest.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::optional<unsigned> day_of(std::string_view text) noexcept {
  const auto day = std::ranges::find(kDays, text);
  if (day == kDays.end()) { return std::nullopt; }
  return static_cast<unsigned>(day - kDays.begin());
}

// A number of exactly this many digits.
std::optional<int> number_of(std::string_view text, std::size_t digits) noexcept {
  if (text.size() != digits || !std::ranges::all_of(text, is_digit)) { return std::nullopt; }
  int value = 0;
  for (const char c : text) { value = value * 10 + (c - '0'); }
  return value;
}

bool is_calendar_day(const Date& date) noexcept {
  constexpr int kSomeLeapYear = 2024;  // 29 February is a day of every year that has one
  const std::chrono::year year{date.year == 0 ? kSomeLeapYear : date.year};
  return (year / std::chrono::month{date.month} / std::chrono::day{date.day}).ok();
}

// "12-31", or "2026-12-31".
std::optional<Date> any_date(std::string_view text) noexcept {
  Date date;
  if (text.size() == 10 && text[4] == '-') {
    const auto year = number_of(text.substr(0, 4), 4);
    if (!year || *year < 1970 || *year > 2200) { return std::nullopt; }
    date.year = *year;
    text.remove_prefix(5);
  }
  if (text.size() != 5 || text[2] != '-') { return std::nullopt; }
  const auto month = number_of(text.substr(0, 2), 2);
  const auto day = number_of(text.substr(3), 2);
  if (!month || !day) { return std::nullopt; }
  date.month = static_cast<unsigned>(*month);
  date.day = static_cast<unsigned>(*day);
  if (!is_calendar_day(date)) { return std::nullopt; }
  return date;
}

struct Unit {
  std::string_view word;
  std::uint64_t factor;
};
constexpr std::array<Unit, 5> kDurations{{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}}};
constexpr std::array<Unit, 10> kSizes{{{"", 1},
                                       {"B", 1},
                                       {"kB", 1000},
                                       {"KiB", 1ULL << 10},
                                       {"MB", 1'000'000},
                                       {"MiB", 1ULL << 20},
                                       {"GB", 1'000'000'000},
                                       {"GiB", 1ULL << 30},
                                       {"TB", 1'000'000'000'000},
                                       {"TiB", 1ULL << 40}}};

// A whole number and a unit; nullopt too when the product is out of all proportion.
template <std::size_t kUnits>
std::optional<std::uint64_t> quantity(std::string_view text, const std::array<Unit, kUnits>& units) noexcept {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 12) { return std::nullopt; }
  std::uint64_t number = 0;
  for (const char c : text.substr(0, digits)) { number = number * 10 + static_cast<std::uint64_t>(c - '0'); }
  const auto unit = std::ranges::find(units, text.substr(digits), &Unit::word);
  constexpr std::uint64_t kMost = 1ULL << 62;
  if (unit == units.end() || number > kMost / unit->factor) { return std::nullopt; }
  return number * unit->factor;
}

}  // namespace

std::optional<std::uint8_t> parse_days(std::string_view text) noexcept {
  if (text == "daily") { return std::uint8_t{0x7f}; }
  const std::size_t dash = text.find('-');
  const auto first = day_of(text.substr(0, dash));
  const auto last = dash == text.npos ? first : day_of(text.substr(dash + 1));
  if (!first || !last) { return std::nullopt; }
  unsigned days = 0;
  for (unsigned day = *first;; day = (day + 1) % 7) {
    days |= 1U << day;
    if (day == *last) { return static_cast<std::uint8_t>(days); }
  }
}

std::string nearest_days(std::string_view text) {
  constexpr std::string_view kDaily = "daily";
  const std::size_t dash = text.find('-');
  const auto near_one = [](std::string_view word) -> std::string_view {
    const auto begins = [&](std::string_view day) { return lower_case(word).starts_with(day); };
    const auto day = std::ranges::find_if(kDays, begins);
    return day != kDays.end() ? *day : nearest(word, kDays);
  };
  if (dash == text.npos && !nearest(text, std::span(&kDaily, 1)).empty()) { return std::string(kDaily); }
  std::string days(near_one(text.substr(0, dash)));
  if (days.empty() || dash == text.npos) { return days; }
  const std::string_view last = near_one(text.substr(dash + 1));
  return last.empty() ? std::string() : days + '-' + std::string(last);
}

std::optional<Date> parse_date(std::string_view text) noexcept {
  const auto date = any_date(text);
  return date && date->year != 0 ? date : std::nullopt;
}

std::optional<std::pair<Date, Date>> parse_dates(std::string_view text) noexcept {
  const std::size_t dots = text.find("..");
  const auto first = any_date(text.substr(0, dots));
  const auto last = dots == text.npos ? first : any_date(text.substr(dots + 2));
  if (!first || !last || (first->year == 0) != (last->year == 0)) { return std::nullopt; }
  return std::pair(*first, *last);
}

std::optional<int> parse_minute(std::string_view text) noexcept {
  if (text.size() != 5 || text[2] != ':') { return std::nullopt; }
  const auto hour = number_of(text.substr(0, 2), 2);
  const auto minute = number_of(text.substr(3), 2);
  if (!hour || !minute || *minute > 59) { return std::nullopt; }
  const int all = *hour * 60 + *minute;
  return all <= kMinutesOfDay ? std::optional(all) : std::nullopt;
}

std::optional<std::pair<int, int>> parse_minutes(std::string_view text) noexcept {
  const std::size_t dash = text.find('-');
  if (dash == text.npos) { return std::nullopt; }
  const auto first = parse_minute(text.substr(0, dash));
  const auto last = parse_minute(text.substr(dash + 1));
  if (!first || !last || *first == kMinutesOfDay || *first == *last) { return std::nullopt; }
  return std::pair(*first, *last);
}

bool is_zone_name(std::string_view text) noexcept {
  if (text == "UTC") { return true; }
  const bool is_plain = std::ranges::all_of(
      text, [](char c) { return is_letter(c) || is_digit(c) || c == '/' || c == '_' || c == '-' || c == '+'; });
  return is_plain && text.size() <= 64 && text.find('/') != text.npos && is_letter(text.front());
}

std::expected<std::chrono::seconds, std::string> parse_duration_value(std::string_view text) {
  constexpr std::uint64_t kLongest = 10ULL * 366 * 86400;
  const auto seconds = quantity(text, kDurations);
  if (seconds && *seconds <= kLongest) { return std::chrono::seconds(static_cast<std::int64_t>(*seconds)); }
  return std::unexpected('`' + std::string(text.substr(0, 80)) +
                         "` is no duration; expected one like `30s`, `10m`, `2h`, `7d`, ten years at most");
}

std::expected<std::uint64_t, std::string> parse_size_value(std::string_view text) {
  if (const auto size = quantity(text, kSizes)) { return *size; }
  return std::unexpected('`' + std::string(text.substr(0, 80)) +
                         "` is no size; expected one like `512`, `10kB`, `64MiB`, `1GiB`");
}

}  // namespace sluice::policy
