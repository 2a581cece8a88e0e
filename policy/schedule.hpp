#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "policy/time_syntax.hpp"
#include "policy/time_zone.hpp"

namespace sluice::policy {

// A set of moments: windows by weekday, date and time of day, less exceptions.
// Thread: any, once built.
class Schedule {
 public:
  // Without a zone of its own it is read by the clock of the schedule that it belongs to, and by UTC in none.
  explicit Schedule(std::optional<TimeZone> zone = std::nullopt) : zone_(std::move(zone)) {}

  void add(std::vector<TimeWindow> windows);
  void add(std::shared_ptr<const Schedule> other);     // what another one holds belongs to it
  void except(std::shared_ptr<const Schedule> other);  // this does not, whatever was added

  bool contains(std::chrono::sys_seconds time) const noexcept;

  std::size_t cost() const noexcept { return cost_; }  // windows that contains() may have to look at

 private:
  bool contains(std::chrono::sys_seconds time, const TimeZone& around) const noexcept;

  std::optional<TimeZone> zone_;
  std::vector<TimeWindow> windows_;
  std::vector<std::shared_ptr<const Schedule>> others_;
  std::vector<std::shared_ptr<const Schedule>> exceptions_;
  std::size_t cost_ = 0;
};

}  // namespace sluice::policy
