#include "cache/cacheability.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

struct Case {
  const char* name;
  const char* method;
  const char* request;
  int status;
  const char* response;
  MissCause expected;
  const char* rfc;
};

TEST(Cacheability, ResponsesAreStoredAsASharedCacheMay) {
  using enum MissCause;
  constexpr Case kCases[] = {
      {"explicit freshness", "GET", "", 200, "Cache-Control: max-age=60", none, "9111 3"},
      {"heuristic", "GET", "", 200, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", none, "9111 4.2.2"},
      {"Expires", "GET", "", 302, "Expires: Sun, 06 Nov 2094 08:49:37 GMT\nETag: \"x\"", none, "9111 3"},
      {"validator only", "GET", "", 200, "ETag: \"x\"", none, "9111 3"},
      {"nothing to go by", "GET", "", 200, "Content-Type: text/plain", not_admitted, "9111 3"},
      {"never fresh, no validator", "GET", "", 200, "Cache-Control: max-age=0", not_admitted, "9111 3"},
      {"never fresh, stale allowed", "GET", "", 200, "Cache-Control: max-age=0, stale-if-error=60", none, "5861 4"},
      {"POST", "POST", "", 200, "Cache-Control: max-age=60", method, "9111 3"},
      {"POST that answers a GET", "POST", "Content-Length: 5", 200, "Cache-Control: max-age=60\nContent-Location: /",
       none, "9110 9.3.3"},
      {"POST with another location", "POST", "", 200, "Cache-Control: max-age=60\nContent-Location: /x", method,
       "9110 9.3.3"},
      {"POST by a guess", "POST", "", 200, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\nContent-Location: /", method,
       "9110 9.3.3"},
      {"POST that created", "POST", "", 201, "Cache-Control: max-age=60\nContent-Location: /", method, "9110 9.3.3"},
      {"POST with no-store", "POST", "", 200, "Cache-Control: no-store, max-age=60\nContent-Location: /", no_store,
       "9111 3"},
      {"PUT", "PUT", "", 200, "Cache-Control: max-age=60\nContent-Location: /", method, "9111 3"},
      {"HEAD", "HEAD", "", 200, "Cache-Control: max-age=60", method, "9111 3"},
      {"lower-case get", "get", "", 200, "Cache-Control: max-age=60", method, "9110 9.1"},
      {"content in the request", "GET", "Content-Length: 5", 200, "Cache-Control: max-age=60", bypass, "9110 9.3.1"},
      {"chunked request", "GET", "Transfer-Encoding: chunked", 200, "Cache-Control: max-age=60", bypass, "9110 9.3.1"},
      {"empty content", "GET", "Content-Length: 0", 200, "Cache-Control: max-age=60", none, "9110 9.3.1"},
      {"status without heuristics", "GET", "", 302, "ETag: \"x\"", not_admitted, "9110 15.1"},
      {"status with freshness", "GET", "", 302, "Cache-Control: max-age=60", none, "9111 3"},
      {"status made public", "GET", "", 302, "Cache-Control: public\nETag: \"x\"", none, "9111 3"},
      {"404 by heuristics", "GET", "", 404, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", none, "9110 15.1"},
      {"500", "GET", "", 500, "ETag: \"x\"", error, "9110 15.1"},
      {"500 with freshness", "GET", "", 500, "Cache-Control: max-age=60", none, "9111 3"},
      {"206", "GET", "Range: bytes=0-1", 206, "Cache-Control: max-age=60", range, "9111 3.3"},
      {"200 to a Range", "GET", "Range: bytes=0-1", 200, "Cache-Control: max-age=60", none, "9111 3"},
      {"416", "GET", "Range: bytes=9-", 416, "Cache-Control: max-age=60", range, ""},
      {"304", "GET", "", 304, "Cache-Control: max-age=60", not_admitted, "9111 3"},
      {"412", "GET", "If-Match: \"x\"", 412, "Cache-Control: max-age=60", not_admitted, ""},
      {"1xx", "GET", "", 103, "Cache-Control: max-age=60", error, "9111 3"},
      {"status out of range", "GET", "", 600, "Cache-Control: max-age=60", error, "9110 15"},
      {"no-store", "GET", "", 200, "Cache-Control: no-store, max-age=60", no_store, "9111 5.2.2.5"},
      {"request no-store", "GET", "Cache-Control: no-store", 200, "Cache-Control: max-age=60", no_store,
       "9111 5.2.1.5"},
      {"request no-cache", "GET", "Cache-Control: no-cache", 200, "Cache-Control: max-age=60", none, "9111 5.2.1.4"},
      {"must-understand", "GET", "", 200, "Cache-Control: no-store, must-understand, max-age=6", none, "9111 5.2.2.3"},
      {"not understood", "GET", "", 299, "Cache-Control: must-understand, max-age=60", no_store, "9111 5.2.2.3"},
      {"private", "GET", "", 200, "Cache-Control: private, max-age=60", private_, "9111 5.2.2.7"},
      {"private and public", "GET", "", 200, "Cache-Control: public, private, max-age=60", private_, "9111 3"},
      {"private fields", "GET", "", 200, "Cache-Control: private=\"X\", max-age=60", none, "9111 5.2.2.7"},
      {"no-cache to validate", "GET", "", 200, "Cache-Control: no-cache\nETag: \"x\"", none, "9111 5.2.2.4"},
      {"no-cache without validator", "GET", "", 200, "Cache-Control: no-cache, max-age=60", not_admitted,
       "9111 5.2.2.4"},
      {"Authorization", "GET", "Authorization: Basic x", 200, "Cache-Control: max-age=60", authorization, "9111 3.5"},
      {"and public", "GET", "Authorization: Basic x", 200, "Cache-Control: max-age=60, public", none, "9111 3.5"},
      {"and s-maxage", "GET", "Authorization: Basic x", 200, "Cache-Control: s-maxage=60", none, "9111 3.5"},
      {"and must-revalidate", "GET", "Authorization: Basic x", 200, "Cache-Control: max-age=6, must-revalidate", none,
       "9111 3.5"},
      {"and proxy-revalidate", "GET", "Authorization: Basic x", 200, "Cache-Control: max-age=6, proxy-revalidate",
       authorization, "9111 3.5"},
      {"Set-Cookie", "GET", "", 200, "Set-Cookie: a=b\nCache-Control: max-age=60", none, "9111 7.3"},
      {"Set-Cookie by guess", "GET", "", 200, "Set-Cookie: a=b\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
       set_cookie, "9111 7.3"},
      {"Set-Cookie, public by guess", "GET", "", 200, "Set-Cookie: a=b\nCache-Control: public\nETag: \"x\"", set_cookie,
       "9111 7.3"},
      {"Vary", "GET", "", 200, "Vary: Accept\nCache-Control: max-age=60", none, "9111 4.1"},
      {"Vary *", "GET", "", 200, "Vary: *\nCache-Control: max-age=60", vary, "9111 4.1"},
      {"Vary * in a member", "GET", "", 200, "Vary: Accept\nVary: Cookie , *\nCache-Control: max-age=60", vary,
       "9111 4.1"},
      {"known coding", "GET", "", 200, "Vary: Accept-Encoding\nContent-Encoding: GZIP\nCache-Control: max-age=60", none,
       "9111 4.1"},
      {"other coding", "GET", "", 200, "Vary: Accept-Encoding\nContent-Encoding: deflate\nCache-Control: max-age=60",
       vary, "9111 4.1"},
      {"targeted allows", "GET", "", 200, "Cache-Control: no-store\nSluice-Directives: max-age=60", none, "9213 2.2"},
      {"targeted forbids", "GET", "", 200, "Cache-Control: max-age=60\nSluice-Directives: no-store", no_store,
       "9213 2.2"},
      {"targeted invalid", "GET", "", 200, "Cache-Control: max-age=60\nSluice-Directives: no-store,", none, "9213 2.1"},
      {"targeted and Expires", "GET", "", 302, "Expires: Sun, 06 Nov 2094 08:49:37 GMT\nSluice-Directives: x",
       not_admitted, "9213 2.2"},
  };
  for (const auto& c : kCases) {
    const auto request = lines(c.request);
    const auto response = lines(c.response);
    const auto cause =
        why_not_storable({c.method, "http://a.example/", request.fields()}, {c.status, response.fields()});
    EXPECT_EQ(to_string(cause), to_string(c.expected)) << c.name << ", RFC " << c.rfc;
  }
}

TEST(Cacheability, RequestsThatCannotBeLookedUpSayWhy) {
  using enum MissCause;
  const auto cause = [](const char* method, const char* request) {
    const auto owned = lines(request);
    return to_string(why_not_lookup({method, "http://a.example/", owned.fields()}));
  };
  EXPECT_EQ(cause("GET", ""), "-");
  EXPECT_EQ(cause("HEAD", ""), "-");
  EXPECT_EQ(cause("GET", "Range: bytes=0-1\nIf-Range: \"x\""), "-");
  EXPECT_EQ(cause("GET", "Cache-Control: no-store"), "-");
  EXPECT_EQ(cause("GET", "If-None-Match: \"x\"\nIf-Modified-Since: x"), "-");
  EXPECT_EQ(cause("GET", "Authorization: Basic x"), "-");
  EXPECT_EQ(cause("POST", ""), "method");
  EXPECT_EQ(cause("OPTIONS", ""), "method");
  EXPECT_EQ(cause("GET", "Content-Length: 3"), "bypass");
  EXPECT_EQ(cause("GET", "If-Match: \"x\""), "bypass");         // RFC 9111 4.3.2
  EXPECT_EQ(cause("GET", "If-Unmodified-Since: x"), "bypass");  // RFC 9111 4.3.2
}

TEST(Cacheability, StoredHeadLeavesOutWhatIsNotToBeStored) {
  const auto head = stored_head(
      "Connection: X-Hop\nX-Hop: 1\nKeep-Alive: 5\nTransfer-Encoding: chunked\nTrailer: X-T\nProxy-Status: p\n"
      "Proxy-Foo: f\nContent-Length: 12\nAge: 3\nCache-Control: max-age=60, private=\"X-User\", no-cache=\"X-Time\"\n"
      "X-User: u\nX-Time: t\nContent-Type: text/plain\nVia: 1.1 up\nDate: Sun, 06 Nov 1994 08:49:00 GMT");
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_EQ(head.wire,
            "HTTP/1.1 200 OK\r\n"
            "Cache-Control: max-age=60, private=\"X-User\", no-cache=\"X-Time\"\r\n"
            "Content-Type: text/plain\r\n"
            "Via: 1.1 up\r\n"
            "Date: Sun, 06 Nov 1994 08:49:00 GMT\r\n"
            "Content-Length: 12\r\n");
  EXPECT_EQ(head.key, "http://a.example/x");
  EXPECT_EQ(head.origin_address, "192.0.2.1");
}

// RFC 9110 6.6.1
TEST(Cacheability, MissingOrInvalidDateIsTheTimeOfReception) {
  for (const auto* response : {"Cache-Control: max-age=60", "Cache-Control: max-age=60\nDate: yesterday",
                               "Cache-Control: max-age=60\nDate: 0\nDate: 1"}) {
    const auto head = stored_head(response);
    EXPECT_EQ(combined(head.fields.fields(), FieldName::date), kNowText) << response;
  }
}

TEST(Cacheability, VariantComesFromTheRequest) {
  EXPECT_EQ(stored_head("Cache-Control: max-age=60").variant, "");
  EXPECT_EQ(stored_head("Cache-Control: max-age=60\nVary: X-A", 200, "X-A: 1").variant, "x-a:1\n");
}

// RFC 9111 5.2.2.4, 5.2.2.7: what may not be stored is forwarded all the same, but for what is of the connection.
TEST(Cacheability, NamedFieldsAreForTheClientAlone) {
  const auto response = lines(
      "Cache-Control: max-age=60, private=\"Set-Cookie, X-Hop\", no-cache=\"x-a\"\nSet-Cookie: a=b\nX-A: 1\nX-A: 2\n"
      "X-B: 3\nX-Hop: 4\nConnection: X-Hop");
  std::string names;
  for (const auto& field : fields_for_client_alone(response.fields())) { names.append(field.name).append(" "); }
  EXPECT_EQ(names, "Set-Cookie X-A X-A ");
  EXPECT_TRUE(fields_for_client_alone(lines("Cache-Control: private\nX-A: 1").fields()).empty());
}

}  // namespace
}  // namespace sluice::cache
