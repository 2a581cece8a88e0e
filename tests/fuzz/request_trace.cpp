// The simulator's trace reader: whatever it reads, keys are in range and keep one size; errors name the trace; a trace
// written in the plain format reads as the same again.

#include <cstdint>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

#include "tests/bench/cache_simulator/trace_reader.hpp"

namespace {

using namespace sluice::simulator;

void require(bool holds) {
  if (!holds) { std::abort(); }
}

std::string written(const RequestTrace& trace) {
  std::string text;
  for (const auto& [key, size] : trace.requests) {
    text += "0 " + std::to_string(key) + " " + std::to_string(size) + "\n";
  }
  return text;
}

void check(const std::string& text, TraceFormat format) {
  std::istringstream stream(text);
  const auto read = read_trace(stream, format, "name");
  if (!read) {
    require(read.error().starts_with("name:"));
    return;
  }
  const auto& trace = read->trace;
  require(!trace.requests.empty());
  std::map<std::uint32_t, std::uint32_t> sizes;
  for (const auto& [key, size] : trace.requests) {
    require(key < trace.keys && size > 0);
    require(sizes.emplace(key, size).first->second == size);
  }
  std::istringstream again(written(trace));
  const auto same = read_trace(again, TraceFormat::keyed, "again");
  require(same && written(same->trace) == written(trace));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(text, TraceFormat::keyed);
  check(text, TraceFormat::squid);
  return 0;
}
