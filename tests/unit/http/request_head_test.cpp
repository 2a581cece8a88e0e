#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "gateway/http/head.hpp"

namespace sluice::http {
namespace {

using namespace std::string_literals;

std::string request(std::string_view line, std::string_view fields) {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n";
}

// A request with these field lines beside Host.
std::string with_fields(std::string_view fields) {
  return request("POST http://example.com/ HTTP/1.1", "Host: example.com\r\n" + std::string(fields));
}

int status_of(std::string_view head, const HeadLimits& limits = {}) {
  RequestHead out;
  const auto parsed = parse_request_head(head, limits, out);
  if (parsed) { return 0; }
  EXPECT_EQ(parsed.error().kind, ErrorKind::http_request_error);
  EXPECT_EQ(parsed.error().side, Side::client);
  EXPECT_STRNE(parsed.error().during, "");
  return parsed.error().code;
}

RequestHead parsed(std::string_view head) {
  RequestHead out;
  const auto result = parse_request_head(head, {}, out);
  EXPECT_TRUE(result) << head << (result ? "" : result.error().text());
  return out;
}

struct Case {
  const char* name;
  std::string head;
  int status;  // 0: accepted
};

class RequestHeadCases : public testing::TestWithParam<Case> {};

TEST_P(RequestHeadCases, AreAnsweredWithTheirStatus) {
  EXPECT_EQ(status_of(GetParam().head), GetParam().status) << GetParam().head;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

const std::string kGet = "GET http://example.com/ HTTP/1.1\r\n";
const std::string kHost = "Host: example.com\r\n";

// RFC 9112 3: request-line = method SP request-target SP HTTP-version.
INSTANTIATE_TEST_SUITE_P(
    RequestLine, RequestHeadCases,
    testing::Values(Case{"Plain", kGet + kHost + "\r\n", 0},
                    Case{"OneEmptyLineAhead", "\r\n" + kGet + kHost + "\r\n", 0},
                    Case{"TwoEmptyLinesAhead", "\r\n\r\n" + kGet + kHost + "\r\n", 400},
                    Case{"BareLineFeedAhead", "\n" + kGet + kHost + "\r\n", 400},
                    Case{"SpaceAhead", " " + kGet + kHost + "\r\n", 400},
                    Case{"LowerCaseMethod", request("get http://example.com/ HTTP/1.1", kHost), 400},
                    Case{"MixedCaseMethod", request("Connect example.com:443 HTTP/1.1", kHost), 400},
                    Case{"UnknownMethod", request("PROPFIND http://example.com/ HTTP/1.1", kHost), 0},
                    Case{"UnknownLowerCaseMethod", request("frobnicate http://example.com/ HTTP/1.1", kHost), 0},
                    Case{"EmptyMethod", request(" http://example.com/ HTTP/1.1", kHost), 400},
                    Case{"MethodWithColon", request("GE:T http://example.com/ HTTP/1.1", kHost), 400},
                    Case{"MethodWithTab", request("GET\thttp://example.com/ HTTP/1.1", kHost), 400},
                    Case{"MethodWithNul", request("G\0T http://example.com/ HTTP/1.1"s, kHost), 400},
                    Case{"TwoSpacesAfterMethod", request("GET  http://example.com/ HTTP/1.1", kHost), 400},
                    Case{"TwoSpacesAfterTarget", request("GET http://example.com/  HTTP/1.1", kHost), 400},
                    Case{"TabAfterTarget", request("GET http://example.com/\tHTTP/1.1", kHost), 400},
                    Case{"SpaceAtTheEnd", request("GET http://example.com/ HTTP/1.1 ", kHost), 400},
                    Case{"SpaceInTarget", request("GET http://example.com/a b HTTP/1.1", kHost), 400},
                    Case{"NoTarget", request("GET HTTP/1.1", kHost), 400},
                    Case{"EmptyTarget", request("GET  HTTP/1.1", kHost), 400},
                    Case{"NoVersion", request("GET http://example.com/", kHost), 400},
                    Case{"OnlyAMethod", request("GET", kHost), 400}, Case{"EmptyLine", request("", kHost), 400},
                    Case{"NonAsciiTarget", request("GET http://example.com/\xc3\xa4 HTTP/1.1", kHost), 400},
                    Case{"NulInTarget", request("GET http://example.com/\0 HTTP/1.1"s, kHost), 400},
                    Case{"ControlOctetInTarget", request("GET http://example.com/\x01 HTTP/1.1", kHost), 400},
                    Case{"DeleteInTarget", request("GET http://example.com/\x7f HTTP/1.1", kHost), 400},
                    Case{"BareCarriageReturnInTarget", request("GET http://example.com/\rX HTTP/1.1", kHost), 400},
                    Case{"BareLineFeedAtTheEnd", "GET http://example.com/ HTTP/1.1\n" + kHost + "\r\n", 400},
                    Case{"DoubleCarriageReturn", request("GET http://example.com/ HTTP/1.1\r", kHost), 400}),
    name_of);

// RFC 9112 2.3: HTTP-version = HTTP-name "/" DIGIT "." DIGIT, case-sensitive.
INSTANTIATE_TEST_SUITE_P(Versions, RequestHeadCases,
                         testing::Values(Case{"Http10", request("GET http://example.com/ HTTP/1.0", ""), 0},
                                         Case{"Http12", request("GET http://example.com/ HTTP/1.2", kHost), 505},
                                         Case{"Http09", request("GET http://example.com/ HTTP/0.9", kHost), 505},
                                         Case{"Http20", request("GET http://example.com/ HTTP/2.0", kHost), 505},
                                         Case{"PrefaceOfHttp2", "PRI * HTTP/2.0\r\n\r\n", 505},
                                         Case{"LowerCase", request("GET http://example.com/ http/1.1", kHost), 400},
                                         Case{"NoMinor", request("GET http://example.com/ HTTP/1", kHost), 400},
                                         Case{"NoDot", request("GET http://example.com/ HTTP/11", kHost), 400},
                                         Case{"TwoDigits", request("GET http://example.com/ HTTP/1.10", kHost), 400},
                                         Case{"LeadingZero", request("GET http://example.com/ HTTP/01.1", kHost), 400},
                                         Case{"Letter", request("GET http://example.com/ HTTP/1.x", kHost), 400},
                                         Case{"OtherName", request("GET http://example.com/ ICY/1.1", kHost), 400}),
                         name_of);

// RFC 9112 5: field-line = field-name ":" OWS field-value OWS.
INSTANTIATE_TEST_SUITE_P(
    FieldLines, RequestHeadCases,
    testing::Values(
        Case{"EmptyValue", with_fields("X:\r\n"), 0}, Case{"BlanksAroundTheValue", with_fields("X: \t a b \t\r\n"), 0},
        Case{"ObsText", with_fields("X: \x80\xff\xc3\xa4\r\n"), 0}, Case{"TabInside", with_fields("X: a\tb\r\n"), 0},
        Case{"EveryTokenOctetInAName", with_fields("!#$%&'*+-.^_`|~09azAZ: x\r\n"), 0},
        Case{"LineFolding", with_fields("X: a\r\n b\r\n"), 400},
        Case{"LineFoldingWithTab", with_fields("X: a\r\n\tb\r\n"), 400},
        Case{"LineFoldingOfNothing", with_fields("X: a\r\n \r\n"), 400},
        Case{"FoldingAheadOfTheFirstField", kGet + " X: a\r\n" + kHost + "\r\n", 400},
        Case{"TabAheadOfTheFirstField", kGet + "\t" + kHost + "\r\n", 400},
        Case{"BareCarriageReturn", with_fields("X: a\rb\r\n"), 400},
        Case{"BareCarriageReturnAtTheEnd", with_fields("X: a\r\r\n"), 400},
        Case{"BareCarriageReturnInAName", with_fields("X\rY: a\r\n"), 400},
        Case{"BareLineFeed", with_fields("X: a\nY: b\r\n"), 400},
        Case{"BareLineFeedInAName", with_fields("X\nY: b\r\n"), 400},
        Case{"BareLineFeedAsEmptyLine", kGet + kHost + "\n", 400},
        Case{"CarriageReturnAsEmptyLine", kGet + kHost + "\r", 400},
        Case{"NulInAValue", with_fields("X: a\0b\r\n"s), 400}, Case{"NulInAName", with_fields("X\0: a\r\n"s), 400},
        Case{"ControlOctetInAValue", with_fields("X: a\x01z\r\n"), 400},
        Case{"VerticalTabInAValue", with_fields("X: a\x0bz\r\n"), 400},
        Case{"EscapeInAValue", with_fields("X: \x1b[0m\r\n"), 400},
        Case{"DeleteInAValue", with_fields("X: a\x7fz\r\n"), 400},
        Case{"ControlOctetFarIntoAValue", with_fields("X: 0123456789abcdef0123456789abcde\x02\r\n"), 400},
        Case{"SpaceBeforeTheColon", with_fields("X : a\r\n"), 400},
        Case{"TabBeforeTheColon", with_fields("X\t: a\r\n"), 400}, Case{"EmptyName", with_fields(": a\r\n"), 400},
        Case{"NoColon", with_fields("X\r\n"), 400}, Case{"SpaceInAName", with_fields("X Y: a\r\n"), 400},
        Case{"NonAsciiName", with_fields("X\xe4: a\r\n"), 400}, Case{"BracketInAName", with_fields("X[]: a\r\n"), 400},
        Case{"SlashInAName", with_fields("X/Y: a\r\n"), 400}, Case{"NoEmptyLine", kGet + kHost, 400},
        Case{"CutInAName", kGet + "Ho", 400}, Case{"CutInAValue", kGet + "Host: exam", 400},
        Case{"OctetsBehindTheEnd", kGet + kHost + "\r\nX: a\r\n\r\n", 400}),
    name_of);

// RFC 9112 6.1, 6.2, 6.3; RFC 9110 8.6.
INSTANTIATE_TEST_SUITE_P(
    Framing, RequestHeadCases,
    testing::Values(
        Case{"Length", with_fields("Content-Length: 5\r\n"), 0},
        Case{"LeadingZeros", with_fields("Content-Length: 005\r\n"), 0},
        Case{"LargestLength", with_fields("Content-Length: 9223372036854775807\r\n"), 0},
        Case{"LengthTooLarge", with_fields("Content-Length: 9223372036854775808\r\n"), 400},
        Case{"LengthOverflow", with_fields("Content-Length: 18446744073709551621\r\n"), 400},
        Case{"LengthOfHundredDigits", with_fields("Content-Length: " + std::string(100, '9') + "\r\n"), 400},
        Case{"EmptyLength", with_fields("Content-Length:\r\n"), 400},
        Case{"Negative", with_fields("Content-Length: -5\r\n"), 400},
        Case{"Plus", with_fields("Content-Length: +5\r\n"), 400},
        Case{"Hexadecimal", with_fields("Content-Length: 0x5\r\n"), 400},
        Case{"Fraction", with_fields("Content-Length: 5.0\r\n"), 400},
        Case{"Exponent", with_fields("Content-Length: 1e3\r\n"), 400},
        Case{"SpaceInside", with_fields("Content-Length: 1 5\r\n"), 400},
        Case{"Letters", with_fields("Content-Length: five\r\n"), 400},
        Case{"Quoted", with_fields("Content-Length: \"5\"\r\n"), 400},
        Case{"Underscore", with_fields("Content-Length: 1_0\r\n"), 400},
        Case{"ListOfEqualLengths", with_fields("Content-Length: 5, 5\r\n"), 400},
        Case{"ListWithoutSpace", with_fields("Content-Length: 5,5\r\n"), 400},
        Case{"ListWithEmptyMember", with_fields("Content-Length: 5,\r\n"), 400},
        Case{"EqualLengthsRepeated", with_fields("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
        Case{"ConflictingLengths", with_fields("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
        Case{"SecondLengthEmpty", with_fields("Content-Length: 5\r\nContent-Length:\r\n"), 400},
        Case{"OtherSpellingRepeated", with_fields("Content-Length: 5\r\ncontent-length: 5\r\n"), 400},
        Case{"LengthThenChunked", with_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
        Case{"ChunkedThenLength", with_fields("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400},
        Case{"Chunked", with_fields("Transfer-Encoding: chunked\r\n"), 0},
        Case{"ChunkedInUpperCase", with_fields("Transfer-Encoding: CHUNKED\r\n"), 0},
        Case{"ChunkedTwice", with_fields("Transfer-Encoding: chunked, chunked\r\n"), 400},
        Case{"ChunkedOnTwoLines", with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        Case{"IdentityOnASecondLine", with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
             400},
        Case{"Identity", with_fields("Transfer-Encoding: identity\r\n"), 400},
        Case{"Gzip", with_fields("Transfer-Encoding: gzip\r\n"), 400},
        Case{"GzipThenChunked", with_fields("Transfer-Encoding: gzip, chunked\r\n"), 501},
        Case{"ChunkedThenGzip", with_fields("Transfer-Encoding: chunked, gzip\r\n"), 400},
        Case{"UnknownCoding", with_fields("Transfer-Encoding: xchunked\r\n"), 400},
        Case{"EmptyCoding", with_fields("Transfer-Encoding:\r\n"), 400},
        Case{"ChunkedWithParameter", with_fields("Transfer-Encoding: chunked;q=1\r\n"), 400},
        Case{"ChunkedWithComma", with_fields("Transfer-Encoding: chunked,\r\n"), 400},
        Case{"ChunkedQuoted", with_fields("Transfer-Encoding: \"chunked\"\r\n"), 400},
        Case{"ChunkedWithVerticalTab",
             with_fields("Transfer-Encoding: \x0b"
                         "chunked\r\n"),
             400},
        Case{"ChunkedInHttp10", request("POST http://example.com/ HTTP/1.0", kHost + "Transfer-Encoding: chunked\r\n"),
             400},
        Case{"IdentityInHttp10",
             request("POST http://example.com/ HTTP/1.0", kHost + "Transfer-Encoding: identity\r\n"), 400},
        Case{"ConnectWithLength", request("CONNECT example.com:443 HTTP/1.1", kHost + "Content-Length: 5\r\n"), 400},
        Case{"ConnectWithZeroLength", request("CONNECT example.com:443 HTTP/1.1", kHost + "Content-Length: 0\r\n"), 0},
        Case{"ConnectChunked", request("CONNECT example.com:443 HTTP/1.1", kHost + "Transfer-Encoding: chunked\r\n"),
             400},
        Case{"TraceWithLength", request("TRACE http://example.com/ HTTP/1.1", kHost + "Content-Length: 5\r\n"), 400},
        Case{"GetWithLength", request("GET http://example.com/ HTTP/1.1", kHost + "Content-Length: 5\r\n"), 0}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    HostAndConnection, RequestHeadCases,
    testing::Values(Case{"NoHost", request("GET http://example.com/ HTTP/1.1", ""), 400},
                    Case{"SeveralHosts", with_fields("Host: example.com\r\n"), 400},
                    Case{"SeveralHostsInHttp10", request("GET http://example.com/ HTTP/1.0", kHost + kHost), 400},
                    Case{"ConnectionOptions", with_fields("Connection: close, X-Thing\r\n"), 0},
                    Case{"EmptyConnectionMembers", with_fields("Connection: , close,\r\n"), 0},
                    Case{"QuotedConnection", with_fields("Connection: \"close\"\r\n"), 400},
                    Case{"ConnectionWithParameter", with_fields("Connection: close;x=1\r\n"), 400},
                    Case{"LongConnection", with_fields("Connection: " + std::string(1025, 'x') + "\r\n"), 431}),
    name_of);

TEST(RequestHead, IsReadWhole) {
  const auto head = parsed(
      "POST http://example.com/a?b=c HTTP/1.1\r\n"
      "Host: example.com\r\n"
      "X-Empty:   \r\n"
      "content-TYPE:\t text/plain \t\r\n"
      "Content-Length: 42\r\n\r\n");
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.method_text, "POST");
  EXPECT_EQ(head.target, "http://example.com/a?b=c");
  EXPECT_EQ(head.version, Version::http_1_1);
  ASSERT_EQ(head.fields.size(), 4U);
  EXPECT_EQ(head.fields[0].id, FieldName::host);
  EXPECT_EQ(head.fields[1].name, "X-Empty");
  EXPECT_EQ(head.fields[1].value, "");
  EXPECT_EQ(head.fields[1].id, FieldName::other);
  EXPECT_EQ(head.fields[2].id, FieldName::content_type);
  EXPECT_EQ(head.fields[2].value, "text/plain");
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 42U);
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, StartsAfreshForEveryMessage) {
  RequestHead head;
  ASSERT_TRUE(parse_request_head(with_fields("Transfer-Encoding: chunked\r\nConnection: close\r\n"), {}, head));
  const auto plain = kGet + kHost + "\r\n";
  ASSERT_TRUE(parse_request_head(plain, {}, head));
  EXPECT_EQ(head.framing, Framing::none);
  EXPECT_EQ(head.content_length, 0U);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_FALSE(head.wants_upgrade);
  EXPECT_EQ(head.fields.size(), 1U);
}

TEST(RequestHead, KeepsTheConnectionAsVersionAndFieldsSay) {
  const struct {
    const char* version;
    const char* fields;
    bool keep_alive;
  } cases[] = {
      {"HTTP/1.1", "", true},
      {"HTTP/1.1", "Connection: close\r\n", false},
      {"HTTP/1.1", "Connection: Keep-Alive, CLOSE\r\n", false},
      {"HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false},
      {"HTTP/1.1", "Proxy-Connection: close\r\n", false},
      {"HTTP/1.1", "Proxy-Connection: Keep-Alive\r\n", true},
      {"HTTP/1.0", "", false},
      {"HTTP/1.0", "Connection: keep-alive\r\n", true},
      {"HTTP/1.0", "Proxy-Connection: Keep-Alive\r\n", true},
      {"HTTP/1.0", "Connection: keep-alive, close\r\n", false},
  };
  for (const auto& test : cases) {
    const auto head = request("GET http://example.com/ " + std::string(test.version), kHost + test.fields);
    EXPECT_EQ(parsed(head).keep_alive, test.keep_alive) << head;
  }
}

TEST(RequestHead, ExpectsContinueOnlyWithContentInHttp11) {
  EXPECT_TRUE(parsed(with_fields("Content-Length: 5\r\nExpect: 100-Continue\r\n")).expects_continue);
  EXPECT_FALSE(parsed(with_fields("Expect: 100-continue\r\n")).expects_continue);
  EXPECT_FALSE(parsed(request("POST http://example.com/ HTTP/1.0", "Content-Length: 5\r\nExpect: 100-continue\r\n"))
                   .expects_continue);
}

TEST(RequestHead, WantsUpgradeOnlyWhenConnectionSaysSo) {
  EXPECT_TRUE(parsed(with_fields("Connection: Upgrade\r\nUpgrade: websocket\r\n")).wants_upgrade);
  EXPECT_FALSE(parsed(with_fields("Upgrade: websocket\r\n")).wants_upgrade);
  EXPECT_FALSE(parsed(with_fields("Connection: upgrade\r\n")).wants_upgrade);
  EXPECT_FALSE(parsed(request("GET http://example.com/ HTTP/1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n"))
                   .wants_upgrade);
}

TEST(RequestHead, NeverUpgradesToCleartextHttp2) {
  EXPECT_FALSE(parsed(with_fields("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n")).wants_upgrade);
  EXPECT_FALSE(parsed(with_fields("Connection: Upgrade\r\nUpgrade: websocket, H2C\r\n")).wants_upgrade);
}

TEST(RequestHead, NoUpgradeLineTakesBackAnother) {
  EXPECT_FALSE(parsed(with_fields("Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n")).wants_upgrade);
}

TEST(RequestHead, IsRefusedBeyondItsLimits) {
  const auto long_target = [](std::size_t size) {
    return request("GET http://example.com/" + std::string(size, 'a') + " HTTP/1.1", kHost);
  };
  const std::size_t rest = std::string_view("GET http://example.com/ HTTP/1.1").size();
  EXPECT_EQ(status_of(long_target(16 * 1024 - rest)), 0);
  EXPECT_EQ(status_of(long_target(16 * 1024 - rest + 1)), 414);
  EXPECT_EQ(status_of(long_target(70 * 1024)), 414);
  EXPECT_EQ(status_of(with_fields("X: " + std::string(60 * 1024, 'a') + "\r\n")), 0);
  EXPECT_EQ(status_of(with_fields("X: " + std::string(64 * 1024, 'a') + "\r\n")), 431);
  std::string fields;
  for (int i = 0; i < 199; ++i) { fields += "X: a\r\n"; }
  EXPECT_EQ(status_of(with_fields(fields)), 0);
  EXPECT_EQ(status_of(with_fields(fields + "X: a\r\n")), 431);
}

TEST(RequestHead, UnendedIsTooLargeByItsLineOrItsFields) {
  EXPECT_EQ(head_too_large("GET http://example.com/" + std::string(64 * 1024, 'a'), {}).code, 414);
  EXPECT_EQ(head_too_large(kGet + "X: " + std::string(64 * 1024, 'a'), {}).code, 431);
  EXPECT_EQ(head_too_large("\r\n" + kGet + "X: " + std::string(64 * 1024, 'a'), {}).code, 431);
}

TEST(Methods, AreCaseSensitive) {
  EXPECT_EQ(method_of("GET"), Method::get);
  EXPECT_EQ(method_of("HEAD"), Method::head);
  EXPECT_EQ(method_of("POST"), Method::post);
  EXPECT_EQ(method_of("PUT"), Method::put);
  EXPECT_EQ(method_of("DELETE"), Method::delete_);
  EXPECT_EQ(method_of("CONNECT"), Method::connect);
  EXPECT_EQ(method_of("OPTIONS"), Method::options);
  EXPECT_EQ(method_of("TRACE"), Method::trace);
  EXPECT_EQ(method_of("PATCH"), Method::patch);
  EXPECT_EQ(method_of("get"), Method::other);
  EXPECT_EQ(method_of(""), Method::other);
}

TEST(Tokens, HoldNoSeparators) {
  EXPECT_TRUE(is_token("abc-123!"));
  for (const auto* text : {"", "a b", "a:b", "a/b", "(a)", "a\"b", "a,b", "\xe4"}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
}

TEST(ReasonPhrase, IsEmptyForUnknownStatus) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(999), "");
}

}  // namespace
}  // namespace sluice::http
