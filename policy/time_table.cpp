#include "policy/time_table.hpp"

#include <optional>
#include <utility>

#include "policy/nearest.hpp"
#include "policy/time_value.hpp"

namespace sluice::policy {
namespace {

// Times of times could double with every line.
constexpr std::size_t kMostWindows = 10'000;

// None when none is written, and when that was reported.
std::optional<TimeZone> zone_of(const std::string& name, Position at, Report& report) {
  if (name.empty()) { return std::nullopt; }
  auto zone = TimeZone::load(name);
  const bool is_inherited = at.line == 0;  // of exceptions: reported for the times themselves
  if (!zone && !is_inherited) {
    const auto names = TimeZone::names();
    const std::string hint = did_you_mean(name, std::vector<std::string_view>(names.begin(), names.end()));
    report.error(at, "there is no time zone `" + name + "` on this machine" +
                         (hint.empty() ? "; names are those of the tz database, like `Europe/Berlin`" : hint));
  }
  return zone;
}

std::chrono::sys_days day_of(const Date& date) {
  return std::chrono::year(date.year) / std::chrono::month(date.month) / std::chrono::day(date.day);
}

}  // namespace

TimeTable::TimeTable(std::span<const TimeSyntax> times, Report& report) {
  for (const TimeSyntax& time : times) { places_.emplace(time.name, time.at); }
  for (const TimeSyntax& time : times) { define(time, report); }
}

void TimeTable::define(const TimeSyntax& time, Report& report) {
  auto schedule = std::make_shared<Schedule>();
  if (const auto times = resolve(time.times, report)) { schedule->add(times); }
  if (const auto exceptions = resolve(time.exceptions, report)) { schedule->except(exceptions); }
  // One with errors is kept, so that its uses are not reported as well.
  if (times_.emplace(time.name, std::move(schedule)).second) { return; }
  report.error(time.at, "the time `" + time.name + "` is defined on line " +
                            std::to_string(places_.find(time.name)->second.line) + " already");
}

std::shared_ptr<const Schedule> TimeTable::resolve(const TimeTerms& terms, Report& report) const {
  const auto zone = zone_of(terms.zone, terms.zone_at, report);
  bool is_good = zone.has_value() || terms.zone.empty();
  auto schedule = std::make_shared<Schedule>(zone);
  schedule->add(terms.windows);
  for (const TimeName& name : terms.names) {
    const auto other = times_.find(name.name);
    if (other == times_.end()) {
      report.error(name.at, unknown(name));
      is_good = false;
    } else if (schedule->cost() + other->second->cost() > kMostWindows) {
      report.error(name.at, "more than ten thousand windows in one time");
      return nullptr;
    } else {
      schedule->add(other->second);
    }
  }
  return is_good ? schedule : nullptr;
}

std::chrono::sys_seconds TimeTable::resolve(const DayTime& time, Report& report) {
  const auto zone = zone_of(time.zone, time.zone_at, report);
  return zone.value_or(TimeZone::utc()).instant(day_of(time.date), time.minute);
}

std::string TimeTable::unknown(const TimeName& name) const {
  std::string message = "unknown time `" + name.name + '`';
  const auto place = places_.find(name.name);
  if (place != places_.end()) {
    return message + "; it is defined on line " + std::to_string(place->second.line) +
           ", which must stand above its use in another time";
  }
  std::vector<std::string_view> known;
  for (const auto& [defined, at] : places_) { known.push_back(defined); }
  std::string hint = did_you_mean(name.name, known);
  const std::string days = hint.empty() ? nearest_days(name.name) : "";
  if (!days.empty()) { hint = "; did you mean `" + days + "`?"; }
  return message +
         (hint.empty() ? "; define it with `time " + name.name + " mon-fri 08:00-18:00 Europe/Berlin`" : hint);
}

}  // namespace sluice::policy
