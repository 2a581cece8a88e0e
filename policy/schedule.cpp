#include "policy/schedule.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sluice::policy {
namespace {

using std::chrono::sys_days;

// A window of dates without a year may reach over new year: `12-24..01-06`.
bool is_within(const Date& first, const Date& last, sys_days day) noexcept {
  const std::chrono::year_month_day date(day);
  const auto month = static_cast<unsigned>(date.month());
  const auto of_month = static_cast<unsigned>(date.day());
  if (first.year != 0) {
    const auto value = std::tuple(static_cast<int>(date.year()), month, of_month);
    return std::tuple(first.year, first.month, first.day) <= value &&
           value <= std::tuple(last.year, last.month, last.day);
  }
  const auto value = std::tuple(month, of_month);
  const auto from = std::tuple(first.month, first.day);
  const auto to = std::tuple(last.month, last.day);
  return from <= to ? from <= value && value <= to : from <= value || value <= to;
}

bool has_day(const TimeWindow& window, sys_days day) noexcept {
  const unsigned weekday = std::chrono::weekday(day).iso_encoding() - 1;
  if ((window.days >> weekday & 1) == 0) { return false; }
  return !window.first_date || is_within(*window.first_date, *window.last_date, day);
}

// A window that ends at or ahead of its beginning belongs to the day on which it begins.
bool holds(const TimeWindow& window, const WallTime& now) noexcept {
  if (window.first < window.last) {
    return window.first <= now.minute && now.minute < window.last && has_day(window, now.day);
  }
  if (now.minute >= window.first) { return has_day(window, now.day); }
  return now.minute < window.last && has_day(window, now.day - std::chrono::days(1));
}

}  // namespace

void Schedule::add(std::vector<TimeWindow> windows) {
  cost_ += windows.size();
  windows_.insert(windows_.end(), windows.begin(), windows.end());
}
void Schedule::add(std::shared_ptr<const Schedule> other) {
  cost_ += other->cost();
  others_.push_back(std::move(other));
}
void Schedule::except(std::shared_ptr<const Schedule> other) {
  cost_ += other->cost();
  exceptions_.push_back(std::move(other));
}

bool Schedule::contains(std::chrono::sys_seconds time) const noexcept {
  static const TimeZone kUtc = TimeZone::utc();
  return contains(time, kUtc);
}

bool Schedule::contains(std::chrono::sys_seconds time, const TimeZone& around) const noexcept {
  const TimeZone& zone = zone_ ? *zone_ : around;
  const auto has_time = [&](const auto& other) { return other->contains(time, zone); };
  const auto has_window = [&] {
    if (windows_.empty()) { return false; }
    const WallTime now = zone.wall(time);
    return std::ranges::any_of(windows_, [&](const TimeWindow& window) { return holds(window, now); });
  };
  if (!has_window() && !std::ranges::any_of(others_, has_time)) { return false; }
  return !std::ranges::any_of(exceptions_, has_time);
}

}  // namespace sluice::policy
