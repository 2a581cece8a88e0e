#pragma once

#include <string>
#include <string_view>

#include "gateway/record/access_record.hpp"

namespace sluice::record {

enum class LogFormat : std::uint8_t { json, squid, combined, none };

// Appends one line, with its line feed, to `out`. Every octet that could end a line or leave a quoted string is
// escaped. squid: `time elapsed client code/status bytes method URL user hierarchy/peer type`, code as Squid spells it
// (TCP_HIT, TCP_MEM_HIT, TCP_MISS, TCP_REFRESH_UNMODIFIED, TCP_DENIED, TCP_TUNNEL, ...). combined: Apache's.
// Cost: under a microsecond for json; no allocation beyond `out`.
void append_line(const AccessRecord& record, LogFormat format, std::string& out);

// A log file that is written by a thread of its own. Workers hand over whole buffers of lines.
// Thread: any. A full disk or a vanished file never blocks or fails a caller: lines are dropped and counted.
class AccessLog {
 public:
  struct Options {
    std::string file;  // "-" is standard output
    LogFormat format = LogFormat::json;
  };
  // Throws std::system_error when the file cannot be opened (at start-up only).
  explicit AccessLog(const Options& options);
  ~AccessLog();  // writes what is left
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  LogFormat format() const noexcept;
  void write(std::string lines);  // takes whole lines; drops when more than 16 MiB are waiting
  void reopen();                  // SIGUSR1: after the file was moved away
  std::uint64_t dropped() const noexcept;

 private:
  struct State;
  State* state_;
};

}  // namespace sluice::record
