#include "cache/freshness.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

constexpr const char* kDate = "Date: Sun, 06 Nov 1994 08:49:37 GMT\n";

struct LifetimeCase {
  const char* name;
  int status;
  std::string response;
  long expected;
  const char* rfc;
};

TEST(Freshness, LifetimeIsWhatTheFirstApplicableRuleSays) {
  const std::string date = kDate;
  const LifetimeCase kCases[] = {
      {"max-age", 200, "Cache-Control: max-age=60", 60, "9111 4.2.1"},
      {"s-maxage wins", 200, "Cache-Control: max-age=60, s-maxage=5", 5, "9111 5.2.2.10"},
      {"max-age over Expires", 200, date + "Cache-Control: max-age=60\nExpires: Sun, 06 Nov 1994 09:49:37 GMT", 60,
       "9111 5.3"},
      {"Expires minus Date", 200, date + "Expires: Sun, 06 Nov 1994 09:49:37 GMT", 3600, "9111 4.2.1"},
      {"Expires without Date", 200, "Expires: Sun, 06 Nov 1994 09:49:37 GMT", 3600, "9111 4.2.1"},
      {"Expires with bad Date", 200, "Date: x\nExpires: Sun, 06 Nov 1994 09:49:37 GMT", 3600, "9110 6.6.1"},
      {"Expires in the past", 200, date + "Expires: Sun, 06 Nov 1994 07:49:37 GMT", 0, "9111 5.3"},
      {"Expires 0", 200, date + "Expires: 0\nLast-Modified: Fri, 06 Nov 1992 08:49:37 GMT", 0, "9111 5.3"},
      {"Expires with small gmt", 200, date + "Expires: Sun, 06 Nov 1994 09:49:37 gmt", 3600, "9111 4.2"},
      {"Expires with UTC", 200, date + "Expires: Sun, 06 Nov 1994 09:49:37 UTC", 0, "9111 4.2"},
      {"Expires rfc850", 200, date + "Expires: Sunday, 06-Nov-94 08:50:37 GMT", 60, "9110 5.6.7"},
      {"two Expires", 200, date + "Expires: Sun, 06 Nov 1994 08:50:37 GMT\nExpires: Sun, 06 Nov 1994 09:49:37 GMT", 0,
       "9111 4.2.1"},
      {"Expires saturates", 200, date + "Expires: Fri, 31 Dec 9999 23:59:59 GMT", 2147483648, "9111 1.2.2"},
      {"targeted over all", 200, "Sluice-Directives: max-age=7\nCache-Control: s-maxage=60", 7, "9213 2.2"},
      {"targeted hides Expires", 200, date + "Sluice-Directives: public\nExpires: Sun, 06 Nov 1994 09:49:37 GMT", 0,
       "9213 2.2"},
      {"tenth of the age", 200, date + "Last-Modified: Sun, 06 Nov 1994 08:39:37 GMT", 60, "9111 4.2.2"},
      {"at most a day", 200, date + "Last-Modified: Fri, 06 Nov 1992 08:49:37 GMT", 86400, "9111 4.2.2"},
      {"modified in the future", 200, date + "Last-Modified: Sun, 06 Nov 1994 09:49:37 GMT", 0, "9111 4.2.2"},
      {"modified unreadable", 200, date + "Last-Modified: 1992", 0, "9111 4.2.2"},
      {"no heuristic for 302", 302, date + "Last-Modified: Fri, 06 Nov 1992 08:49:37 GMT", 0, "9111 4.2.2"},
      {"heuristic for public 302", 302, date + "Cache-Control: public\nLast-Modified: Sun, 06 Nov 1994 08:39:37 GMT",
       60, "9111 4.2.2"},
      {"heuristic for 404", 404, date + "Last-Modified: Sun, 06 Nov 1994 08:39:37 GMT", 60, "9110 15.1"},
      {"none for unreadable max-age", 200,
       date + "Cache-Control: max-age=x\nLast-Modified: Fri, 06 Nov 1992 08:49:37 GMT", 0, "9111 4.2.1"},
      {"nothing", 200, "", 0, "9111 4.2.2"},
  };
  for (const auto& c : kCases) {
    const auto response = lines(c.response);
    EXPECT_EQ(freshness_lifetime({c.status, response.fields()}, kNow).count(), c.expected)
        << c.name << ", RFC " << c.rfc;
  }
}

struct AgeCase {
  const char* name;
  const char* response;
  int delay;     // seconds between request and response
  int resident;  // seconds since the response
  long expected;
  const char* rfc;
};

TEST(Freshness, CurrentAgeIsComputedAsTheRfcDoes) {
  constexpr AgeCase kCases[] = {
      {"new", "Date: Sun, 06 Nov 1994 08:49:37 GMT", 0, 0, 0, "9111 4.2.3"},
      {"resident", "Date: Sun, 06 Nov 1994 08:49:37 GMT", 0, 10, 10, "9111 4.2.3"},
      {"delay counts", "Date: Sun, 06 Nov 1994 08:49:37 GMT", 4, 10, 14, "9111 4.2.3"},
      {"Age counts", "Date: Sun, 06 Nov 1994 08:49:37 GMT\nAge: 100", 4, 10, 114, "9111 4.2.3"},
      {"Date behind", "Date: Sun, 06 Nov 1994 08:48:37 GMT", 0, 10, 70, "9111 4.2.3"},
      {"Date ahead", "Date: Sun, 06 Nov 1994 09:49:37 GMT", 0, 10, 10, "9111 4.2.3"},
      {"larger of both", "Date: Sun, 06 Nov 1994 08:48:37 GMT\nAge: 30", 0, 0, 60, "9111 4.2.3"},
      {"no Date", "Age: 5", 0, 1, 6, "9111 4.2.3"},
      {"list takes the first", "Age: 5, 100", 0, 0, 5, "9111 5.1"},
      {"lines take the first", "Age: 5\nAge: 100", 0, 0, 5, "9111 5.1"},
      {"unreadable ignored", "Age: -5", 0, 0, 0, "9111 5.1"},
      {"fraction ignored", "Age: 5.5", 0, 0, 0, "9111 5.1"},
      {"word ignored", "Age: five", 0, 0, 0, "9111 5.1"},
      {"empty ignored", "Age: ", 0, 0, 0, "9111 5.1"},
      {"first of list empty", "Age: , 7", 0, 0, 0, "9111 5.1"},
      {"saturates", "Age: 99999999999999999999", 5, 5, 2147483648, "9111 1.2.2"},
      {"clock went back", "Age: 5", -10, -10, 5, "9111 4.2.3"},
  };
  for (const auto& c : kCases) {
    const auto response = lines(std::string(c.response) + "\nCache-Control: max-age=50");
    const auto head = make_stored_head({"GET", "http://a.example/", {}}, {200, response.fields()}, "k",
                                       kNow - Seconds{c.delay}, kNow, "");
    const auto now = kNow + Seconds{c.resident};
    EXPECT_EQ(current_age(head, now).count(), c.expected) << c.name << ", RFC " << c.rfc;
    EXPECT_EQ(remaining_freshness(head, now).count(), 50 - c.expected) << c.name;
  }
}

// RFC 9110 15.1
TEST(Freshness, HeuristicsAreForTheStatusesThatAllowThem) {
  for (const int status : {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}) {
    EXPECT_TRUE(is_heuristically_cacheable(status)) << status;
  }
  for (const int status : {100, 201, 202, 205, 206, 302, 303, 304, 307, 400, 403, 416, 451, 500, 502, 503, 504, 599}) {
    EXPECT_FALSE(is_heuristically_cacheable(status)) << status;
  }
}

TEST(Freshness, SaysWhatTheLifetimeCameFrom) {
  const auto source = [](const char* text, int status = 200) {
    const auto response = lines(text);
    return freshness_source({status, response.fields()}, response_directives(response.fields()));
  };
  EXPECT_EQ(source("Cache-Control: max-age=5, s-maxage=6"), "s-maxage");
  EXPECT_EQ(source("Cache-Control: max-age=5\nExpires: 0"), "max-age");
  EXPECT_EQ(source("Expires: 0"), "Expires");
  EXPECT_EQ(source("Last-Modified: Sun, 06 Nov 1994 08:39:37 GMT"), "heuristic");
  EXPECT_EQ(source("Last-Modified: Sun, 06 Nov 1994 08:39:37 GMT", 302), "none");
  EXPECT_EQ(source("Sluice-Directives: max-age=5\nCache-Control: s-maxage=6"), "policy max-age");
  EXPECT_EQ(source("CDN-Cache-Control: max-age=5\nSluice-Directives: max-age=5"), "CDN-Cache-Control max-age");
}

// What a store does after loading: the fields and times are there, everything else is made again.
TEST(Freshness, SealMakesTheSameAgainFromFieldsAndTimes) {
  const auto head = stored_head("Cache-Control: max-age=50, stale-if-error=5\nAge: 7\nETag: \"x\"\nContent-Length: 3");
  StoredHead loaded;
  loaded.key = head.key;
  loaded.status = head.status;
  loaded.fields = OwnedFields(head.fields.fields());
  loaded.request_time = head.request_time;
  loaded.response_time = head.response_time;
  loaded.content_length = head.content_length;
  loaded.seal();
  EXPECT_EQ(loaded.wire, head.wire);
  EXPECT_EQ(remaining_freshness(loaded, kNow), Seconds{43});
  EXPECT_EQ(loaded.derived.stale_if_error, Seconds{5});
  EXPECT_EQ(loaded.derived.etag, head.derived.etag);
}

}  // namespace
}  // namespace sluice::cache
