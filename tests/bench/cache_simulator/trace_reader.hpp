#pragma once

#include <expected>
#include <istream>
#include <string>

#include "tests/bench/cache_simulator/request_trace.hpp"

namespace sluice::simulator {

enum class TraceFormat {
  keyed,  // `time key size` a line, separated by blanks; empty lines and lines that begin with # are skipped
  squid,  // Squid's native access log: time, elapsed, client, code/status, octets, method, URL, and more
};

// A trace out of a text. Of a Squid log it takes what a cache could have answered: GET requests that were answered with
// 200, and those answered with 304 or cut short whose URL came with a 200 before. `skipped` counts the others.
// Errors: a sentence that begins with `name:LINE:`. A trace without any request is one too.
struct ReadTrace {
  RequestTrace trace;
  std::uint64_t skipped = 0;
};
std::expected<ReadTrace, std::string> read_trace(std::istream& text, TraceFormat format, const std::string& name);

}  // namespace sluice::simulator
