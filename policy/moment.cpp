#include "policy/moment.hpp"

#include <bit>
#include <optional>
#include <vector>

#include "policy/time_value.hpp"
#include "policy/time_zone.hpp"

namespace sluice::policy {
namespace {

using namespace std::chrono;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == text.npos) { return words; }
    const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

// The day that is meant, seen from the one on which it is now.
std::optional<sys_days> day_of(std::string_view word, const WallTime& today, int minute) {
  if (const auto date = parse_date(word)) { return sys_days(year(date->year) / month(date->month) / day(date->day)); }
  const auto wanted = parse_days(word);
  if (!wanted || std::popcount(*wanted) != 1) { return std::nullopt; }
  const int weekday = std::countr_zero(*wanted);
  const int current = static_cast<int>(std::chrono::weekday(today.day).iso_encoding()) - 1;
  int ahead = (weekday - current + 7) % 7;
  if (ahead == 0 && minute < today.minute) { ahead = 7; }
  return today.day + days(ahead);
}

}  // namespace

std::expected<sys_seconds, std::string> parse_moment(std::string_view text, sys_seconds now) {
  const std::unexpected<std::string> unreadable('`' + std::string(text.substr(0, 80)) +
                                                "` is no moment; expected one like `tue 10:00` or `2026-12-25 10:00 "
                                                "Europe/Berlin`");
  auto words = words_of(text);
  std::string zone_name;
  if (!words.empty() && is_zone_name(words.back())) {
    zone_name = words.back();
    words.pop_back();
  }
  const auto zone = zone_name.empty() ? TimeZone::utc() : TimeZone::load(zone_name);
  if (!zone) { return std::unexpected("there is no time zone `" + zone_name + "` on this machine"); }
  const auto minute = words.empty() ? std::nullopt : parse_minute(words.back());
  if (!minute || words.size() > 2) { return unreadable; }
  const WallTime today = zone->wall(now);
  const auto day = words.size() == 1 ? std::optional(today.day) : day_of(words.front(), today, *minute);
  if (!day) { return unreadable; }
  return zone->instant(*day, *minute);
}

}  // namespace sluice::policy
