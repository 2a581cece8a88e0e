#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/report.hpp"

namespace sluice::policy {

// Times as they are written.

inline constexpr int kMinutesOfDay = 24 * 60;

struct Date {
  int year = 0;  // 0: every year
  unsigned month = 1;
  unsigned day = 1;
};

// `mon-fri 08:00-18:00`, `12-24..12-26`, `2026-04-03 12:00-24:00`.
struct TimeWindow {
  std::uint8_t days = 0x7f;  // bit 0 is Monday
  std::optional<Date> first_date;
  std::optional<Date> last_date;  // belongs to it
  int first = 0;                  // minute of the day
  int last = kMinutesOfDay;       // does not belong to it; at or ahead of `first`: on the next day
};

struct TimeName {
  std::string name;
  Position at;
};

// What stands behind `during` or the name of a time: any of them must hold.
struct TimeTerms {
  std::vector<TimeWindow> windows;
  std::vector<TimeName> names;
  std::string zone;  // of the windows, and of named times that have none; empty: that of the line that uses this one
  Position zone_at;  // line 0: the zone is inherited, not written here
};

// `time work mon-fri 08:00-18:00 Europe/Berlin except holidays`
struct TimeSyntax {
  std::string name;
  Position at;
  TimeTerms times;
  TimeTerms exceptions;  // in the same zone, unless they have one
};

// `2026-12-31 18:00 Europe/Berlin`; a date alone is the end of that day.
struct DayTime {
  Date date;
  int minute = kMinutesOfDay;
  std::string zone;  // empty: UTC
  Position zone_at;
};

}  // namespace sluice::policy
