#pragma once

#include <string>

#include "gateway/record/access_log.hpp"

namespace sluice::pipeline {

// A worker's access log lines on their way to the log's thread: handed over when it is full, and at every tick.
// Thread: the worker's.
class LogBuffer {
 public:
  explicit LogBuffer(std::shared_ptr<record::AccessLog> log) : log_(std::move(log)) { lines_.reserve(kHandOver * 2); }
  ~LogBuffer() { flush(); }
  LogBuffer(const LogBuffer&) = delete;
  LogBuffer& operator=(const LogBuffer&) = delete;

  void append(const record::AccessRecord& record) {
    if (log_->format() == record::LogFormat::none) { return; }
    record::append_line(record, log_->format(), lines_);
    if (lines_.size() >= kHandOver) { flush(); }
  }
  void flush() {
    if (lines_.empty()) { return; }
    log_->write(lines_);
    lines_.clear();
  }
  void use(std::shared_ptr<record::AccessLog> log) {
    flush();
    log_ = std::move(log);
  }

 private:
  static constexpr std::size_t kHandOver = 64 * 1024;
  std::shared_ptr<record::AccessLog> log_;
  std::string lines_;
};

}  // namespace sluice::pipeline
