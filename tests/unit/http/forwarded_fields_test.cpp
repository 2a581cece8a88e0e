#include "gateway/http/forwarded_fields.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

// What is sent on for a request to a proxy, as text.
std::string forwarded(const std::string& head, const ForwardOptions& options = {}) {
  RequestHead request;
  TargetUri target;
  const auto parsed = parse_request_head(head, {}, request);
  EXPECT_TRUE(parsed) << head << (parsed ? "" : parsed.error().text());
  const auto named = parse_proxy_target(request, target);
  EXPECT_TRUE(named) << head << (named ? "" : named.error().text());
  std::string out;
  write_request_head(request, target, options, out);
  return out;
}

std::string get(std::string_view fields) {
  return "GET http://Example.com:80/a?b HTTP/1.1\r\nHost: EXAMPLE.com\r\n" + std::string(fields) + "\r\n";
}

const std::string kGetHead = "GET /a?b HTTP/1.1\r\nHost: example.com\r\n";

ForwardOptions with_via() {
  ForwardOptions options;
  options.via_name = "sluice-1";
  return options;
}

TEST(ForwardedRequest, IsInOriginFormWithHostOfTheTarget) {
  EXPECT_EQ(forwarded(get("Accept: */*\r\n"), with_via()), kGetHead + "Accept: */*\r\nVia: 1.1 sluice-1\r\n\r\n");
  EXPECT_EQ(forwarded("GET http://[::0001]:8080 HTTP/1.0\r\n\r\n", with_via()),
            "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nVia: 1.0 sluice-1\r\n\r\n");
}

TEST(ForwardedRequest, IsInAbsoluteFormToAParent) {
  ForwardOptions options;
  options.to_parent = true;
  EXPECT_EQ(forwarded(get("Proxy-Authorization: Basic eDp5\r\n"), options),
            "GET http://example.com/a?b HTTP/1.1\r\nHost: example.com\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
  options.passes_credentials = false;
  EXPECT_EQ(forwarded(get("Proxy-Authorization: Basic eDp5\r\n"), options),
            "GET http://example.com/a?b HTTP/1.1\r\nHost: example.com\r\n\r\n");
  EXPECT_EQ(forwarded("CONNECT EXAMPLE.com:443 HTTP/1.1\r\nHost: example.com\r\nContent-Length: 0\r\n\r\n", options),
            "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
}

TEST(ForwardedRequest, OfOptionsWithoutPathIsAsteriskForm) {
  const std::string head = "OPTIONS http://example.com HTTP/1.1\r\nHost: example.com\r\n\r\n";
  EXPECT_EQ(forwarded(head), "OPTIONS * HTTP/1.1\r\nHost: example.com\r\n\r\n");
  ForwardOptions options;
  options.to_parent = true;
  EXPECT_EQ(forwarded(head, options), "OPTIONS http://example.com HTTP/1.1\r\nHost: example.com\r\n\r\n");
}

TEST(ForwardedRequest, HasNoConnectionSpecificFields) {
  EXPECT_EQ(
      forwarded(get(
          "Connection: close, X-Hop\r\nX-HOP: 1\r\nKeep-Alive: 5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\n"
          "Proxy-Authorization: Basic eDp5\r\nUpgrade: foo\r\nCDN-Loop: x\r\nAccept-Encoding: br\r\n")),
      kGetHead + "CDN-Loop: x\r\nAccept-Encoding: br\r\n\r\n");
}

TEST(ForwardedRequest, IsFramedAnew) {
  const auto post = [](std::string_view fields) {
    return "POST http://example.com/ HTTP/1.1\r\nHost: example.com\r\n" + std::string(fields) + "\r\n";
  };
  const std::string head = "POST / HTTP/1.1\r\nHost: example.com\r\n";
  EXPECT_EQ(forwarded(post("Content-Length: 0042\r\n")), head + "Content-Length: 42\r\n\r\n");
  EXPECT_EQ(forwarded(post("Transfer-Encoding: CHUNKED\r\n")), head + "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(forwarded(post("")), head + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(forwarded(get("Content-Length: 0\r\n")), kGetHead + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(forwarded(get("")), kGetHead + "\r\n");
  // Connection cannot take the framing away.
  EXPECT_EQ(forwarded(post("Connection: Content-Length\r\nContent-Length: 5\r\n")), head + "Content-Length: 5\r\n\r\n");
}

TEST(ForwardedRequest, KeepsAnExpectationThatHolds) {
  EXPECT_NE(
      forwarded(
          "PUT http://example.com/ HTTP/1.1\r\nHost: example.com\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
          .find("Expect: 100-continue\r\n"),
      std::string::npos);
  EXPECT_EQ(forwarded(get("Expect: 100-continue\r\n")), kGetHead + "\r\n");
}

TEST(ForwardedRequest, KeepsAnUpgrade) {
  EXPECT_EQ(forwarded(get("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")),
            "GET /a?b HTTP/1.1\r\nHost: example.com\r\nConnection: upgrade\r\nUpgrade: "
            "websocket\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_EQ(forwarded(get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n")),
            kGetHead + "\r\n");
}

TEST(ForwardedRequest, SaysWhoTheClientIsAsConfigured) {
  const auto head = get("Forwarded: for=a\r\nX-Forwarded-For: a\r\n");
  ForwardOptions options;
  options.client_address = "192.0.2.1";
  EXPECT_EQ(forwarded(head, options), kGetHead + "\r\n");
  options.forwarded = options.x_forwarded_for = ClientAddressField::leave;
  EXPECT_EQ(forwarded(head, options), kGetHead + "Forwarded: for=a\r\nX-Forwarded-For: a\r\n\r\n");
  options.forwarded = options.x_forwarded_for = ClientAddressField::add;
  EXPECT_EQ(forwarded(head, options), kGetHead +
                                          "Forwarded: for=a\r\nX-Forwarded-For: a\r\n"
                                          "Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
  options.client_address = "2001:db8::1";
  EXPECT_EQ(forwarded(get(""), options),
            kGetHead + "Forwarded: for=\"[2001:db8::1]\"\r\nX-Forwarded-For: 2001:db8::1\r\n\r\n");
}

TEST(ForwardedRequest, CountsMaxForwardsDown) {
  const auto with = [](const char* method, const char* value) {
    return std::string(method) + " http://example.com/ HTTP/1.1\r\nHost: example.com\r\nMax-Forwards: " + value +
           "\r\n\r\n";
  };
  EXPECT_NE(forwarded(with("TRACE", "5")).find("Max-Forwards: 4\r\n"), std::string::npos);
  EXPECT_NE(forwarded(with("OPTIONS", "1")).find("Max-Forwards: 0\r\n"), std::string::npos);
  EXPECT_NE(forwarded(with("TRACE", "4294967296")).find("Max-Forwards: 999999999\r\n"), std::string::npos);
  EXPECT_NE(forwarded(with("GET", "5")).find("Max-Forwards: 5\r\n"), std::string::npos);
  EXPECT_NE(forwarded(with("TRACE", "x")).find("Max-Forwards: x\r\n"), std::string::npos);
  RequestHead request;
  const auto trace = with("TRACE", "0");
  ASSERT_TRUE(parse_request_head(trace, {}, request));
  EXPECT_EQ(max_forwards(request), 0U);
  for (const char* value : {"00000000000000000000000", "5\r\nMax-Forwards: 0", "0\r\nMax-Forwards: 5"}) {
    const auto several = with("TRACE", value);
    ASSERT_TRUE(parse_request_head(several, {}, request));
    EXPECT_EQ(max_forwards(request), 0U) << value;
  }
  const auto plain = with("GET", "0");
  ASSERT_TRUE(parse_request_head(plain, {}, request));
  EXPECT_EQ(max_forwards(request), std::nullopt);
}

TEST(ForwardedRequest, TakesValidatorsInsteadOfTheClientsConditions) {
  const auto head =
      get("If-None-Match: \"c\"\r\nIf-Modified-Since: x\r\nIf-Match: *\r\nIf-Unmodified-Since: x\r\nRange: "
          "bytes=0-\r\nIf-Range: \"c\"\r\n");
  const Field stored[] = {{"If-None-Match", "\"s\"", FieldName::if_none_match}};
  ForwardOptions options;
  options.validators = true;
  options.drop_range = true;
  options.extra = stored;
  EXPECT_EQ(forwarded(head, options), kGetHead + "If-None-Match: \"s\"\r\n\r\n");
  EXPECT_EQ(forwarded(head), kGetHead + head.substr(head.find("If-None")));
}

TEST(ForwardedRequest, AnotherRangeTakesThePlaceOfTheClients) {
  const auto head = get("Range: bytes=5-6\r\nIf-Range: \"c\"\r\n");
  ForwardOptions options;
  options.range = "bytes=0-1023";
  EXPECT_EQ(forwarded(head, options), kGetHead + "If-Range: \"c\"\r\nRange: bytes=0-1023\r\n\r\n");
  options.drop_range = true;
  EXPECT_EQ(forwarded(head, options), kGetHead + "Range: bytes=0-1023\r\n\r\n");
}

// What the client gets for a response, as text.
std::string forwarded_response(const std::string& head, const ResponseOptions& options, Method method = Method::get) {
  ResponseHead response;
  const auto parsed = parse_response_head(head, {}, method, response);
  EXPECT_TRUE(parsed) << head << (parsed ? "" : parsed.error().text());
  std::string out;
  write_response_head(response, options, out);
  return out;
}

TEST(ForwardedResponse, HasNoConnectionSpecificFields) {
  ResponseOptions options;
  options.via_name = "sluice-1";
  options.framing = Framing::chunked;
  EXPECT_EQ(forwarded_response(
                "HTTP/1.0 200 Fine\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nUpgrade: h2\r\n"
                "Content-Length: 5\r\nProxy-Authenticate: Basic\r\nServer: x\r\nDate: then\r\n\r\n",
                options),
            "HTTP/1.1 200 Fine\r\nServer: x\r\nDate: then\r\nTransfer-Encoding: chunked\r\nVia: 1.0 sluice-1\r\n\r\n");
}

TEST(ForwardedResponse, IsFramedAsTold) {
  const std::string head = "HTTP/1.1 200 \r\nContent-Length: 007\r\n\r\n";
  ResponseOptions options;
  EXPECT_EQ(forwarded_response(head, options), "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n");
  options.framing = Framing::length;
  options.content_length = 7;
  EXPECT_EQ(forwarded_response(head, options), "HTTP/1.1 200 \r\nContent-Length: 7\r\n\r\n");
  options.framing = Framing::until_close;
  options.keep_alive = false;
  EXPECT_EQ(forwarded_response(head, options), "HTTP/1.1 200 \r\nConnection: close\r\n\r\n");
}

TEST(ForwardedResponse, OfHeadKeepsTheLengthOfGet) {
  ResponseOptions options;
  options.to_head = true;
  EXPECT_EQ(forwarded_response("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", options, Method::head),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
  EXPECT_EQ(forwarded_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", options, Method::head),
            "HTTP/1.1 200 OK\r\n\r\n");
}

TEST(ForwardedResponse, OfHeadFromTheCacheHasTheLengthOfGet) {
  ResponseHead stored;
  stored.status = 200;
  stored.reason = "OK";
  ResponseOptions options;
  options.to_head = true;
  options.framing = Framing::length;
  options.content_length = 7;
  std::string out;
  write_response_head(stored, options, out);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
}

TEST(ForwardedResponse, WithoutContentByItsStatusHasNoFraming) {
  EXPECT_EQ(forwarded_response("HTTP/1.1 204 No\r\nContent-Length: 7\r\n\r\n", {}), "HTTP/1.1 204 No\r\n\r\n");
  EXPECT_EQ(forwarded_response("HTTP/1.1 304 No\r\nContent-Length: 7\r\n\r\n", {}), "HTTP/1.1 304 No\r\n\r\n");
  ResponseOptions options;
  options.to_connect = true;
  EXPECT_EQ(forwarded_response("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", options, Method::connect),
            "HTTP/1.1 200 OK\r\n\r\n");
}

TEST(ForwardedResponse, OfAnInterimStatusIsPassedOnBare) {
  ResponseOptions options;
  options.keep_alive = false;
  options.date = "now";
  EXPECT_EQ(forwarded_response("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", options),
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}

TEST(ForwardedResponse, ThatSwitchesKeepsItsUpgrade) {
  EXPECT_EQ(
      forwarded_response(
          "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n", {}),
      "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nConnection: upgrade\r\n\r\n");
}

TEST(ForwardedResponse, TellsHttp10ClientsThatTheConnectionStays) {
  ResponseOptions options;
  options.client_version = Version::http_1_0;
  EXPECT_EQ(forwarded_response("HTTP/1.1 204 \r\n\r\n", options), "HTTP/1.1 204 \r\nConnection: keep-alive\r\n\r\n");
}

TEST(ForwardedResponse, GainsDateAgeAndCacheStatus) {
  const Field extra[] = {{"X-Extra", "1", FieldName::other}};
  ResponseOptions options;
  options.date = "Thu, 01 Jan 1970 00:00:00 GMT";
  options.age = 30;
  options.cache_status = "sluice; hit";
  options.proxy_status = "sluice";
  options.extra = extra;
  EXPECT_EQ(
      forwarded_response("HTTP/1.1 204 \r\nAge: 1\r\nCache-Status: other; hit\r\n\r\n", options),
      "HTTP/1.1 204 \r\nCache-Status: other; hit\r\nX-Extra: 1\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nAge: 30\r\n"
      "Cache-Status: sluice; hit\r\nProxy-Status: sluice\r\n\r\n");
}

TEST(ForwardedResponse, KeepsTheChallengeOfAParent) {
  ResponseOptions options;
  options.from_parent = true;
  EXPECT_NE(forwarded_response("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", options)
                .find("Proxy-Authenticate: Basic\r\n"),
            std::string::npos);
}

TEST(Loops, AreSeenByOurNameInVia) {
  const struct {
    const char* via;
    bool passed;
  } cases[] = {
      {"1.1 sluice-1", true},
      {"1.1 SLUICE-1", true},
      {"HTTP/1.1 sluice-1", true},
      {"1.0 other, 1.1 sluice-1 (comment), 1.1 third", true},
      {"1.1\tsluice-1", true},
      {"1.1  sluice-1", true},
      {"1.1 sluice-1(x)", true},
      {"1.1 other (it\"s), 1.1 sluice-1", true},
      {"1.1 other (a, b), 1.1 sluice-1", true},
      {"1.1 sluice-10", false},
      {"1.1 sluice", false},
      {"sluice-1", false},
      {"1.1 other (sluice-1)", false},
      {"", false},
      {",,", false},
  };
  for (const auto& test : cases) {
    const Field fields[] = {{"X", "1.1 sluice-1", FieldName::other}, {"Via", test.via, FieldName::via}};
    EXPECT_EQ(passed_through(fields, "sluice-1"), test.passed) << test.via;
  }
  const Field lines[] = {{"Via", "1.1 a", FieldName::via}, {"Via", "1.1 sluice-1", FieldName::via}};
  EXPECT_TRUE(passed_through(lines, "sluice-1"));
}

// RFC 8586
TEST(CdnLoop, IsSeenByItsIdOnly) {
  const auto loops = [](std::string_view value, std::string_view id) {
    const Field field{"CDN-Loop", value, FieldName::cdn_loop};
    return looped_through({&field, 1}, id);
  };
  EXPECT_TRUE(loops("us", "us"));
  EXPECT_TRUE(loops("other, US ; v=1", "us"));
  EXPECT_TRUE(loops("other;a=\"x, us, y\"", "us")) << "rather one too many";
  EXPECT_FALSE(loops("us2, not-us", "us"));
  EXPECT_FALSE(loops("us", ""));
  EXPECT_FALSE(loops("", "us"));
}

}  // namespace
}  // namespace sluice::http
