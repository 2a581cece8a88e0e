#include "gateway/fault_watch.hpp"

#include <utility>

#include "gateway/control/say.hpp"

namespace sluice {

using control::say;

// How many there were since the last time that it was said; 0 when that is not long ago.
std::uint64_t FaultWatch::news(Fault& fault, std::uint64_t count) {
  constexpr auto kSilence = std::chrono::seconds(60);
  const auto now = std::chrono::steady_clock::now();
  if (count <= fault.said || now < fault.next) { return 0; }
  fault.next = now + kSilence;
  return count - std::exchange(fault.said, count);
}

void FaultWatch::look_at_log(const std::string& file, std::uint64_t lines_lost) {
  if (const auto lost = news(lines_lost_, lines_lost); lost > 0) {
    say("access log " + file + ": " + std::to_string(lost) + " lines lost, it cannot be written");
  }
}

void FaultWatch::look_at_disk(const cache::StoreStats& stats) {
  if (const auto failed = news(disk_failed_, stats.errors); failed > 0) {
    say("cache: the disk failed " + std::to_string(failed) + " times; what it cannot take is not stored");
  }
  if (const auto dropped = news(disk_slow_, stats.too_slow); dropped > 0) {
    say("cache: the disk is slow: " + std::to_string(dropped) + " responses were not stored");
  }
}

}  // namespace sluice
