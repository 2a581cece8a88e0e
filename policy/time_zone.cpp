#include "policy/time_zone.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <absl/time/time.h>

namespace sluice::policy {

struct TimeZone::Zone {
  absl::TimeZone zone;
};

std::optional<TimeZone> TimeZone::load(const std::string& name) {
  auto zone = std::make_shared<Zone>(absl::UTCTimeZone());
  if (!absl::LoadTimeZone(name, &zone->zone)) { return std::nullopt; }
  return TimeZone(std::move(zone));
}

TimeZone TimeZone::utc() {
  return TimeZone(std::make_shared<Zone>(absl::UTCTimeZone()));
}

std::vector<std::string> TimeZone::names() {
  const char* const folder = std::getenv("TZDIR");  // where Abseil looks, too
  std::ifstream table(std::string(folder != nullptr ? folder : "/usr/share/zoneinfo") + "/zone.tab");
  std::vector<std::string> names;
  // "DE\t+5230+01322\tEurope/Berlin\tmost of Germany"
  for (std::string line; std::getline(table, line);) {
    std::istringstream columns(line);
    std::string country, place, name;
    if (!line.starts_with('#') && columns >> country >> place >> name) { names.push_back(std::move(name)); }
  }
  return names;
}

WallTime TimeZone::wall(std::chrono::sys_seconds time) const noexcept {
  const auto info = zone_->zone.At(absl::FromUnixSeconds(time.time_since_epoch().count()));
  const auto& civil = info.cs;
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(civil.year())),
                                        std::chrono::month(static_cast<unsigned>(civil.month())),
                                        std::chrono::day(static_cast<unsigned>(civil.day()))};
  return {day, civil.hour() * 60 + civil.minute()};
}

std::chrono::sys_seconds TimeZone::instant(std::chrono::sys_days day, int minute) const noexcept {
  const std::chrono::year_month_day date(day);
  const absl::CivilSecond civil(static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
                                static_cast<int>(static_cast<unsigned>(date.day())), 0, minute, 0);
  const auto info = zone_->zone.At(civil);
  const bool is_skipped = info.kind == absl::TimeZone::TimeInfo::SKIPPED;
  return std::chrono::sys_seconds(std::chrono::seconds(absl::ToUnixSeconds(is_skipped ? info.trans : info.pre)));
}

}  // namespace sluice::policy
