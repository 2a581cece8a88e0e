#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "policy/time_syntax.hpp"
#include "policy/time_zone.hpp"

namespace sluice::policy {

// A set of moments: windows by weekday, date and time of day in their zones, less exceptions.
// Thread: any, once built.
class Schedule {
 public:
  void add(TimeZone zone, std::vector<TimeWindow> windows);
  void add(std::shared_ptr<const Schedule> other);     // what another one holds belongs to it
  void except(std::shared_ptr<const Schedule> other);  // this does not, whatever was added

  bool contains(std::chrono::sys_seconds time) const noexcept;

  std::size_t cost() const noexcept { return cost_; }  // windows that contains() may have to look at

 private:
  struct Part {
    TimeZone zone;
    std::vector<TimeWindow> windows;
  };
  std::vector<Part> parts_;
  std::vector<std::shared_ptr<const Schedule>> others_;
  std::vector<std::shared_ptr<const Schedule>> exceptions_;
  std::size_t cost_ = 0;
};

}  // namespace sluice::policy
