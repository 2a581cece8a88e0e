#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <system_error>
#include <vector>

#include "gateway/control/daemon.hpp"

namespace sluice::control {

// Where the access log can be read. Errors: failed, when it goes to standard output or is not written at all.
Answer<std::string> log_file_of(const Daemon& daemon);

// The end of a growing file of lines. A file that was moved away and made anew is read to its end first; one that was
// emptied in place is read from its beginning.
// Cost: reads a few megabytes at most in one call; blocks on the disk.
class LogTail {
 public:
  static constexpr std::uint64_t kMostLines = 100'000;     // that last() gives, whatever is asked for
  static constexpr std::size_t kFarthestBack = 16U << 20;  // octets, likewise

  explicit LogTail(std::string file) : file_(std::move(file)) {}
  ~LogTail();
  LogTail(const LogTail&) = delete;
  LogTail& operator=(const LogTail&) = delete;

  // Errors: the system's.
  std::expected<void, std::error_code> open();

  // The last whole lines without their line feeds, oldest first. next() goes on behind them. REQUIRES: open().
  std::expected<std::vector<std::string>, std::error_code> last(std::uint64_t lines);

  // The whole lines that came since. Empty when there are none yet. REQUIRES: last().
  std::expected<std::vector<std::string>, std::error_code> next();

  // 0 when it cannot be told.
  std::uint64_t size() const noexcept;

 private:
  std::expected<std::string, std::error_code> read_at(std::uint64_t offset, std::size_t size) const;
  bool is_replaced() const noexcept;

  std::string file_;
  int descriptor_ = -1;
  std::uint64_t position_ = 0;
};

}  // namespace sluice::control
