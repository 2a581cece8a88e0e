#include <string>

#include <gtest/gtest.h>

#include "gateway/http/head.hpp"

namespace sluice::http {
namespace {

using namespace std::string_literals;

constexpr ErrorKind kAccepted = ErrorKind::count_;
constexpr ErrorKind kProtocol = ErrorKind::http_protocol_error;
constexpr ErrorKind kCoding = ErrorKind::http_response_transfer_coding;
constexpr ErrorKind kSize = ErrorKind::http_response_header_section_size;

std::string ok(std::string_view fields) {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n";
}

ErrorKind outcome(std::string_view head, Method method = Method::get) {
  ResponseHead out;
  const auto parsed = parse_response_head(head, {}, method, out);
  if (parsed) { return kAccepted; }
  EXPECT_EQ(parsed.error().side, Side::upstream);
  EXPECT_STRNE(parsed.error().during, "");
  return parsed.error().kind;
}

ResponseHead parsed(std::string_view head, Method method = Method::get) {
  ResponseHead out;
  const auto result = parse_response_head(head, {}, method, out);
  EXPECT_TRUE(result) << head << (result ? "" : result.error().text());
  return out;
}

struct Case {
  const char* name;
  std::string head;
  ErrorKind outcome;
};

class ResponseHeadCases : public testing::TestWithParam<Case> {};

TEST_P(ResponseHeadCases, EndAsTheyShould) {
  EXPECT_EQ(outcome(GetParam().head), GetParam().outcome) << GetParam().head;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

// RFC 9112 4: status-line = HTTP-version SP status-code SP [ reason-phrase ].
INSTANTIATE_TEST_SUITE_P(StatusLine, ResponseHeadCases,
                         testing::Values(Case{"Plain", ok(""), kAccepted},
                                         Case{"NoReason", "HTTP/1.1 200 \r\n\r\n", kAccepted},
                                         Case{"NoSecondSpace", "HTTP/1.1 200\r\n\r\n", kAccepted},
                                         Case{"ObsTextReason", "HTTP/1.1 200 \xe4\t!\r\n\r\n", kAccepted},
                                         Case{"Http10", "HTTP/1.0 200 OK\r\n\r\n", kAccepted},
                                         Case{"StatusBeyondTheClasses", "HTTP/1.1 999 No\r\n\r\n", kAccepted},
                                         Case{"Http12", "HTTP/1.2 200 OK\r\n\r\n", kProtocol},
                                         Case{"Http2", "HTTP/2.0 200 OK\r\n\r\n", kProtocol},
                                         Case{"Icy", "ICY 200 OK\r\n\r\n", kProtocol},
                                         Case{"LowerCase", "http/1.1 200 OK\r\n\r\n", kProtocol},
                                         Case{"SpaceAhead", " HTTP/1.1 200 OK\r\n\r\n", kProtocol},
                                         Case{"EmptyLineAhead", "\r\nHTTP/1.1 200 OK\r\n\r\n", kProtocol},
                                         Case{"TwoSpaces", "HTTP/1.1  200 OK\r\n\r\n", kProtocol},
                                         Case{"TwoDigits", "HTTP/1.1 20 OK\r\n\r\n", kProtocol},
                                         Case{"FourDigits", "HTTP/1.1 2000 OK\r\n\r\n", kProtocol},
                                         Case{"Below100", "HTTP/1.1 099 OK\r\n\r\n", kProtocol},
                                         Case{"Letters", "HTTP/1.1 2xx OK\r\n\r\n", kProtocol},
                                         Case{"NoStatus", "HTTP/1.1\r\n\r\n", kProtocol},
                                         Case{"TabAfterStatus", "HTTP/1.1 200\tOK\r\n\r\n", kProtocol},
                                         Case{"NulInReason", "HTTP/1.1 200 O\0K\r\n\r\n"s, kProtocol},
                                         Case{"BareCarriageReturnInReason", "HTTP/1.1 200 O\rK\r\n\r\n", kProtocol},
                                         Case{"BareLineFeed", "HTTP/1.1 200 OK\n\r\n", kProtocol},
                                         Case{"AnotherProtocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", kProtocol}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    FieldLines, ResponseHeadCases,
    testing::Values(Case{"ObsText", ok("X: \xff\r\n"), kAccepted}, Case{"LineFolding", ok("X: a\r\n b\r\n"), kProtocol},
                    Case{"WhitespaceAheadOfTheFirst", ok(" X: a\r\n"), kProtocol},
                    Case{"BareCarriageReturn", ok("X: a\rb\r\n"), kProtocol},
                    Case{"BareLineFeed", ok("X: a\nY: b\r\n"), kProtocol}, Case{"Nul", ok("X: a\0b\r\n"s), kProtocol},
                    Case{"ControlOctet", ok("X: a\x02z\r\n"), kProtocol},
                    Case{"SpaceBeforeTheColon", ok("X : a\r\n"), kProtocol},
                    Case{"EmptyName", ok(": a\r\n"), kProtocol}, Case{"NoColon", ok("nothing\r\n"), kProtocol},
                    Case{"BadName", ok("X@Y: a\r\n"), kProtocol},
                    Case{"EmptyLineWithBareLineFeed", "HTTP/1.1 200 OK\r\nX: a\r\n\n", kProtocol}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Framing, ResponseHeadCases,
    testing::Values(
        Case{"Length", ok("Content-Length: 5\r\n"), kAccepted},
        Case{"EmptyLength", ok("Content-Length:\r\n"), kProtocol},
        Case{"Negative", ok("Content-Length: -1\r\n"), kProtocol},
        Case{"Plus", ok("Content-Length: +1\r\n"), kProtocol},
        Case{"Hexadecimal", ok("Content-Length: 0x1\r\n"), kProtocol},
        Case{"TooLarge", ok("Content-Length: 99999999999999999999\r\n"), kProtocol},
        Case{"ListOfEqualLengths", ok("Content-Length: 5, 5\r\n"), kProtocol},
        Case{"EqualLengthsRepeated", ok("Content-Length: 5\r\nContent-Length: 5\r\n"), kProtocol},
        Case{"ConflictingLengths", ok("Content-Length: 5\r\nContent-Length: 6\r\n"), kProtocol},
        Case{"LengthAndChunked", ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), kProtocol},
        Case{"Chunked", ok("Transfer-Encoding: Chunked\r\n"), kAccepted},
        Case{"GzipThenChunked", ok("Transfer-Encoding: gzip, chunked\r\n"), kCoding},
        Case{"Identity", ok("Transfer-Encoding: identity\r\n"), kCoding},
        Case{"ChunkedTwice", ok("Transfer-Encoding: chunked, chunked\r\n"), kCoding},
        Case{"ChunkedOnTwoLines", ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), kCoding},
        Case{"ChunkedInHttp10", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kCoding},
        Case{"MalformedLengthInA304", "HTTP/1.1 304 Not Modified\r\nContent-Length: x\r\n\r\n", kProtocol},
        Case{"BothInA204", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
             kProtocol},
        Case{"LongConnection", ok("Connection: " + std::string(1025, 'x') + "\r\n"), kSize}),
    name_of);

// RFC 9112 6.3.
TEST(ResponseHead, FramesItsContent) {
  const struct {
    const char* name;
    std::string head;
    Method method;
    Framing framing;
    std::uint64_t length;
    bool keep_alive;
  } cases[] = {
      {"length", ok("Content-Length: 5\r\n"), Method::get, Framing::length, 5, true},
      {"zero length", ok("Content-Length: 0\r\n"), Method::get, Framing::none, 0, true},
      {"chunked", ok("Transfer-Encoding: chunked\r\n"), Method::get, Framing::chunked, 0, true},
      {"nothing said", ok(""), Method::get, Framing::until_close, 0, false},
      {"nothing said, keep-alive", ok("Connection: keep-alive\r\n"), Method::get, Framing::until_close, 0, false},
      {"HEAD with length", ok("Content-Length: 5\r\n"), Method::head, Framing::none, 5, true},
      {"HEAD chunked", ok("Transfer-Encoding: chunked\r\n"), Method::head, Framing::none, 0, true},
      {"HEAD without", ok(""), Method::head, Framing::none, 0, true},
      {"304 with length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Method::get, Framing::none, 5,
       true},
      {"304 without", "HTTP/1.1 304 Not Modified\r\n\r\n", Method::get, Framing::none, 0, true},
      {"204", "HTTP/1.1 204 No Content\r\n\r\n", Method::get, Framing::none, 0, true},
      {"204 with zero length", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", Method::get, Framing::none, 0,
       true},
      {"204 with length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", Method::get, Framing::none, 5, false},
      {"204 chunked", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", Method::get, Framing::none, 0,
       false},
      {"100", "HTTP/1.1 100 Continue\r\n\r\n", Method::post, Framing::none, 0, true},
      {"103 with length", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n", Method::get, Framing::none, 5, true},
      {"CONNECT 200", ok("Content-Length: 5\r\n"), Method::connect, Framing::none, 5, true},
      {"CONNECT 200 without", ok(""), Method::connect, Framing::none, 0, true},
      {"CONNECT 407", "HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\n", Method::connect, Framing::length, 5, true},
      {"205 without", "HTTP/1.1 205 Reset Content\r\n\r\n", Method::get, Framing::until_close, 0, false},
      {"close", ok("Content-Length: 5\r\nConnection: close\r\n"), Method::get, Framing::length, 5, false},
      {"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Method::get, Framing::length, 5, false},
      {"1.0 keep-alive", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n", Method::get,
       Framing::length, 5, true},
  };
  for (const auto& test : cases) {
    const auto head = parsed(test.head, test.method);
    EXPECT_EQ(head.framing, test.framing) << test.name;
    EXPECT_EQ(head.content_length, test.length) << test.name;
    EXPECT_EQ(head.keep_alive, test.keep_alive) << test.name;
  }
}

TEST(ResponseHead, IsReadWhole) {
  const auto head = parsed("HTTP/1.0 404 Not  Here\r\nServer: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n");
  EXPECT_EQ(head.version, Version::http_1_0);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not  Here");
  ASSERT_EQ(head.fields.size(), 3U);
  EXPECT_EQ(head.fields[2].id, FieldName::set_cookie);
  EXPECT_EQ(head.fields[2].value, "c=d");
  EXPECT_FALSE(head.has_content_length);
}

TEST(ResponseHead, IsRefusedBeyondItsLimits) {
  EXPECT_EQ(outcome(ok("X: " + std::string(64 * 1024, 'a') + "\r\n")), kSize);
  EXPECT_EQ(outcome("HTTP/1.1 200 " + std::string(17 * 1024, 'a') + "\r\n\r\n"), kSize);
  std::string fields;
  for (int i = 0; i < 200; ++i) { fields += "X: a\r\n"; }
  EXPECT_EQ(outcome(ok(fields)), kAccepted);
  EXPECT_EQ(outcome(ok(fields + "X: a\r\n")), kSize);
}

}  // namespace
}  // namespace sluice::http
