#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::policy {

// What the clock on the wall shows.
struct WallTime {
  std::chrono::sys_days day;  // the date, as if it were one of UTC
  int minute = 0;             // of the day
};

// A time zone of the machine's time zone data ("Europe/Berlin"), which is read when a policy is compiled.
// Thread: any. Cost: wall() is a lookup among a zone's changes. The only place that knows Abseil.
class TimeZone {
 public:
  static std::optional<TimeZone> load(const std::string& name);
  static TimeZone utc();
  // Names of zones, for messages; none when the machine's time zone data have no table of them.
  static std::vector<std::string> names();

  WallTime wall(std::chrono::sys_seconds time) const noexcept;
  // When the clock shows it; the first time of two, and the moment of the change for one that is skipped.
  std::chrono::sys_seconds instant(std::chrono::sys_days day, int minute) const noexcept;

 private:
  struct Zone;
  explicit TimeZone(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}
  std::shared_ptr<const Zone> zone_;
};

}  // namespace sluice::policy
