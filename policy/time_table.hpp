#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "policy/report.hpp"
#include "policy/schedule.hpp"
#include "policy/time_syntax.hpp"

namespace sluice::policy {

// The named times of a policy. A time may be made of others that are defined above it; rules may name any.
class TimeTable {
 public:
  // Reports times that are defined twice, names and zones that there are not.
  TimeTable(std::span<const TimeSyntax> times, Report& report);

  // Null when something in it was reported.
  std::shared_ptr<const Schedule> resolve(const TimeTerms& terms, Report& report) const;
  // The moment itself does not belong to `until` any more.
  static std::chrono::sys_seconds resolve(const DayTime& time, Report& report);

 private:
  void define(const TimeSyntax& time, Report& report);
  std::string unknown(const TimeName& name) const;

  std::map<std::string, std::shared_ptr<const Schedule>, std::less<>> times_;
  std::map<std::string, Position, std::less<>> places_;  // of all definitions, for messages
};

}  // namespace sluice::policy
