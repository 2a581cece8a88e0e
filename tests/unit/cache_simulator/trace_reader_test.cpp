#include "tests/bench/cache_simulator/trace_reader.hpp"

#include <sstream>

#include <gtest/gtest.h>

namespace sluice::simulator {
namespace {

std::expected<ReadTrace, std::string> read(const std::string& text, TraceFormat format) {
  std::istringstream stream(text);
  return read_trace(stream, format, "trace");
}

std::string written(const RequestTrace& trace) {
  std::string text;
  for (const auto& [key, size] : trace.requests) { text += std::to_string(key) + ":" + std::to_string(size) + " "; }
  return text;
}

TEST(TraceReader, ReadsTimeKeyAndSize) {
  const auto got = read("# a comment\n1.5 /a 100\n\n2 /b\t200\r\n  3 /a 100", TraceFormat::keyed);
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(written(got->trace), "0:100 1:200 0:100 ");
  EXPECT_EQ(got->trace.keys, 2U);
  EXPECT_EQ(got->trace.distinct_octets(), 300U);
  EXPECT_EQ(got->trace.requested_octets(), 400U);
  EXPECT_EQ(got->skipped, 0U);
}

TEST(TraceReader, AKeyHasTheSizeThatCameWithItFirst) {
  const auto got = read("1 a 10\n2 a 4000\n3 b 0\n", TraceFormat::keyed);
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(written(got->trace), "0:10 0:10 1:1 ");
}

constexpr const char* kSquidLog =
    "1286536308.779    180 192.0.2.224 TCP_MISS/200 411 GET http://example.com/a - HIER_DIRECT/192.0.2.1 text/html\n"
    "1286536308.910     37 192.0.2.224 TCP_MISS/200 4315 POST http://example.com/a - HIER_DIRECT/192.0.2.1 -\n"
    "1286536309.100      0 192.0.2.224 TCP_MEM_HIT/200 420 GET http://example.com/a - HIER_NONE/- text/html\n"
    "1286536309.200      0 192.0.2.224 TCP_IMS_HIT/304 290 GET http://example.com/a - HIER_NONE/- text/html\n"
    "1286536309.300      9 192.0.2.224 TCP_REFRESH_UNMODIFIED/304 290 GET http://example.com/unseen - HIER_NONE/- -\n"
    "1286536309.400 900000 192.0.2.224 TCP_TUNNEL/200 52315 CONNECT example.com:443 - HIER_DIRECT/192.0.2.1 -\n"
    "1286536309.500      3 192.0.2.224 TCP_DENIED/403 3800 GET http://example.com/no - HIER_NONE/- text/html\n"
    "1286536309.600     50 192.0.2.224 TCP_MISS_ABORTED/200 77 GET http://example.com/b - HIER_DIRECT/192.0.2.1 -\n"
    "1286536309.700     50 192.0.2.224 TCP_MISS/200 9000 GET http://example.com/b - HIER_DIRECT/192.0.2.1 -\n"
    "1286536309.800     50 192.0.2.224 TCP_HIT_ABORTED/200 80 GET http://example.com/b - HIER_NONE/- -\n";

TEST(TraceReader, TakesOfASquidLogWhatACacheCouldHaveAnswered) {
  const auto got = read(kSquidLog, TraceFormat::squid);
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(written(got->trace), "0:411 0:411 0:411 1:9000 1:9000 ");
  EXPECT_EQ(got->skipped, 5U);
}

TEST(TraceReader, ErrorsNameTheLine) {
  const std::string good = "1 a 10\n";
  const std::string squid = "1.0 2 192.0.2.1 TCP_MISS/200 10 GET http://a/ - HIER_NONE/- -\n";
  const struct {
    TraceFormat format;
    std::string text;
    std::string error;
  } cases[] = {
      {TraceFormat::keyed, good + "2 a\n", "trace:2: has 2 fields and not three: time key size"},
      {TraceFormat::keyed, good + good + "3 a 1 x\n", "trace:3: has 4 fields and not three: time key size"},
      {TraceFormat::keyed, "soon a 1\n", "trace:1: the time is not a number of seconds: 'soon'"},
      {TraceFormat::keyed, "-1 a 1\n", "trace:1: the time is not a number of seconds: '-1'"},
      {TraceFormat::keyed, "nan a 1\n", "trace:1: the time is not a number of seconds: 'nan'"},
      {TraceFormat::keyed, "1 a 1e3\n", "trace:1: the size is not a number of octets: '1e3'"},
      {TraceFormat::keyed, "1 a -5\n", "trace:1: the size is not a number of octets: '-5'"},
      {TraceFormat::keyed, "1 a \x01\xff\n",
       "trace:1: the size is not a number of octets: '?"
       "?'"},
      {TraceFormat::keyed, "1 a 99999999999999999999\n",
       "trace:1: the size is not a number of octets: '99999999999999999999'"},
      {TraceFormat::keyed, "# nothing\n", "trace: has no request that a cache could answer"},
      {TraceFormat::squid, squid + "1.0 2 192.0.2.1\n", "trace:2: has 3 fields; Squid's native format has ten"},
      {TraceFormat::squid, "1.0 2 192.0.2.1 TCP_MISS 10 GET http://a/\n",
       "trace:1: is no code and status as in TCP_MISS/200: 'TCP_MISS'"},
      {TraceFormat::squid, "1.0 2 192.0.2.1 TCP_MISS/OK 10 GET http://a/\n",
       "trace:1: is no code and status as in TCP_MISS/200: 'TCP_MISS/OK'"},
      {TraceFormat::squid, "1.0 2 192.0.2.1 TCP_MISS/200 many GET http://a/\n",
       "trace:1: the size is not a number of octets: 'many'"},
      {TraceFormat::squid, "1.0 2 192.0.2.1 TCP_MISS/200 10 PUT http://a/\n",
       "trace: has no request that a cache could answer"},
  };
  for (const auto& [format, text, error] : cases) {
    const auto got = read(text, format);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error(), error);
  }
}

TEST(TraceReader, ALongFieldIsCutInTheError) {
  const auto got = read("1 a " + std::string(5000, 'x') + "\n", TraceFormat::keyed);
  ASSERT_FALSE(got);
  EXPECT_LT(got.error().size(), 120U);
}

}  // namespace
}  // namespace sluice::simulator
