#pragma once

#include <chrono>

#include <time.h>

namespace sluice {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

// Monotonic time to a few milliseconds, several times cheaper than steady_clock::now(): for deadlines.
inline SteadyTime coarse_now() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return SteadyTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

// Wall-clock time to the second, as cheap.
inline std::chrono::sys_seconds coarse_unix_now() noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return std::chrono::sys_seconds(std::chrono::seconds(time.tv_sec));
}

}  // namespace sluice
