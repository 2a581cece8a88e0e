#include "tests/bench/cache_simulator/trace_reader.hpp"

#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace sluice::simulator {
namespace {

using LineError = std::string;

constexpr std::size_t kSquidFields = 7;  // those that are needed; more follow

std::vector<std::string_view> split(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  std::vector<std::string_view> fields;
  for (auto at = line.find_first_not_of(kBlanks); at != line.npos;) {
    const auto end = std::min(line.find_first_of(kBlanks, at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBlanks, end);
  }
  return fields;
}

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size();
}

// Quoted, cut when it is long, and printable.
std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string out = "'";
  for (const char c : text.substr(0, kMost)) { out += c >= ' ' && c < 0x7F ? c : '?'; }
  return out + (text.size() > kMost ? "...'" : "'");
}

std::expected<void, LineError> check_time(std::string_view text) {
  double time = 0;
  if (parse_whole(text, time) && std::isfinite(time) && time >= 0) { return {}; }
  return std::unexpected("the time is not a number of seconds: " + quoted(text));
}

std::expected<std::uint64_t, LineError> parse_octets(std::string_view text) {
  std::uint64_t octets = 0;
  if (parse_whole(text, octets)) { return octets; }
  return std::unexpected("the size is not a number of octets: " + quoted(text));
}

// Returns whether the line made a request.
std::expected<bool, LineError> add_keyed(std::string_view line, TraceBuilder& builder) {
  const auto fields = split(line);
  if (fields.empty() || fields.front().starts_with('#')) { return true; }  // nothing that was skipped
  if (fields.size() != 3) {
    return std::unexpected("has " + std::to_string(fields.size()) + " fields and not three: time key size");
  }
  if (auto time = check_time(fields[0]); !time) { return std::unexpected(time.error()); }
  const auto octets = parse_octets(fields[2]);
  if (!octets) { return std::unexpected(octets.error()); }
  builder.add(fields[1], *octets);
  return true;
}

struct Outcome {
  std::string_view code;  // TCP_MISS
  int status = 0;
};

std::expected<Outcome, LineError> parse_outcome(std::string_view text) {
  const auto slash = text.rfind('/');
  Outcome outcome{text.substr(0, slash)};
  if (slash != text.npos && parse_whole(text.substr(slash + 1), outcome.status)) { return outcome; }
  return std::unexpected("is no code and status as in TCP_MISS/200: " + quoted(text));
}

bool was_cut(std::string_view code) {
  return code.ends_with("_ABORTED") || code.ends_with("_TIMEDOUT");
}

std::expected<bool, LineError> add_squid(std::string_view line, TraceBuilder& builder) {
  const auto fields = split(line);
  if (fields.empty()) { return true; }
  if (fields.size() < kSquidFields) {
    return std::unexpected("has " + std::to_string(fields.size()) + " fields; Squid's native format has ten");
  }
  if (auto time = check_time(fields[0]); !time) { return std::unexpected(time.error()); }
  const auto outcome = parse_outcome(fields[3]);
  if (!outcome) { return std::unexpected(outcome.error()); }
  const auto octets = parse_octets(fields[4]);
  if (!octets) { return std::unexpected(octets.error()); }
  const auto url = fields[6];
  if (fields[5] != "GET") { return false; }
  if (outcome->status == 200 && !was_cut(outcome->code)) {
    builder.add(url, *octets);
    return true;
  }
  // The client had it, or gave up: asked for all the same, but the size of the response is not in this line.
  if ((outcome->status != 304 && outcome->status != 200) || !builder.has(url)) { return false; }
  builder.add_known(url);
  return true;
}

}  // namespace

std::expected<ReadTrace, std::string> read_trace(std::istream& text, TraceFormat format, const std::string& name) {
  TraceBuilder builder(name);
  std::uint64_t skipped = 0;
  std::string line;
  for (std::uint64_t number = 1; std::getline(text, line); ++number) {
    const auto added = format == TraceFormat::squid ? add_squid(line, builder) : add_keyed(line, builder);
    if (!added) { return std::unexpected(name + ":" + std::to_string(number) + ": " + added.error()); }
    skipped += *added ? 0U : 1U;
  }
  ReadTrace read{builder.take(), skipped};
  if (read.trace.requests.empty()) { return std::unexpected(name + ": has no request that a cache could answer"); }
  return read;
}

}  // namespace sluice::simulator
