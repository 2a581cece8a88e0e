#include "cache/validation.hpp"

#include <gtest/gtest.h>

#include "cache/freshness.hpp"
#include "cache/reuse.hpp"
#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

constexpr auto kWhole = ConditionResult::send_whole;
constexpr auto kNotModified = ConditionResult::not_modified;
constexpr auto kFailed = ConditionResult::precondition_failed;

// RFC 9111 4.3.1
TEST(Validation, ConditionsAreMadeOfTheStoredValidators) {
  const auto both = validators_of(stored_head("ETag: W/\"x\"\nLast-Modified: Sun, 06 Nov 1994 08:00:00 GMT"));
  EXPECT_EQ(both.if_none_match, "W/\"x\"");
  EXPECT_EQ(both.if_modified_since, "Sun, 06 Nov 1994 08:00:00 GMT");
  EXPECT_FALSE(both.empty());
  EXPECT_TRUE(validators_of(stored_head("ETag: x\nLast-Modified: yesterday")).empty());
}

struct Case {
  const char* name;
  const char* response;
  const char* request;
  ConditionResult expected;
  const char* rfc;
};

TEST(Validation, ClientsConditionsAreEvaluatedInOrder) {
  constexpr const char* kTagged = "ETag: \"x\"\nLast-Modified: Sun, 06 Nov 1994 08:00:00 GMT";
  constexpr Case kCases[] = {
      {"none", kTagged, "", kWhole, "9110 13.2.2"},
      {"same tag", kTagged, "If-None-Match: \"x\"", kNotModified, "9110 13.1.2"},
      {"weak tag", kTagged, "If-None-Match: W/\"x\"", kNotModified, "9110 13.1.2"},
      {"stored tag is weak", "ETag: W/\"x\"", "If-None-Match: \"x\"", kNotModified, "9110 13.1.2"},
      {"other tag", kTagged, "If-None-Match: \"y\"", kWhole, "9110 13.1.2"},
      {"list", kTagged, "If-None-Match: \"y\", W/\"z,\",\"x\"", kNotModified, "9110 13.1.2"},
      {"lines", kTagged, "If-None-Match: \"y\"\nIf-None-Match: \"x\"", kNotModified, "9110 5.2"},
      {"any", "Cache-Control: max-age=5", "If-None-Match: *", kNotModified, "9110 13.1.2"},
      {"bare word", kTagged, "If-None-Match: x", kWhole, "9110 8.8.3"},
      {"small w", kTagged, "If-None-Match: w/\"x\"", kWhole, "9110 8.8.3"},
      {"no comma", kTagged, "If-None-Match: \"x\" \"y\"", kWhole, "9110 8.8.3"},
      {"case of the tag", kTagged, "If-None-Match: \"X\"", kWhole, "9110 8.8.3.2"},
      {"backslash is no escape", "ETag: \"a\\\"", "If-None-Match: \"a\\\", \"b\"", kNotModified, "9110 8.8.3"},
      {"stored tag malformed", "ETag: x\nCache-Control: max-age=5", "If-None-Match: \"x\"", kWhole, "9110 8.8.3"},
      {"same date", kTagged, "If-Modified-Since: Sun, 06 Nov 1994 08:00:00 GMT", kNotModified, "9110 13.1.3"},
      {"later date", kTagged, "If-Modified-Since: Sun, 06 Nov 1994 08:00:01 GMT", kNotModified, "9110 13.1.3"},
      {"earlier date", kTagged, "If-Modified-Since: Sun, 06 Nov 1994 07:59:59 GMT", kWhole, "9110 13.1.3"},
      {"date unreadable", kTagged, "If-Modified-Since: Sun, 06 Nov 2094 08:00:00", kWhole, "9110 13.1.3"},
      {"two dates", kTagged,
       "If-Modified-Since: Sun, 06 Nov 1994 08:00:00 GMT\nIf-Modified-Since: Sun, 06 Nov 1994 08:00:00 GMT", kWhole,
       "9110 13.1.3"},
      {"Date instead", "Date: Sun, 06 Nov 1994 08:49:00 GMT\nCache-Control: max-age=5",
       "If-Modified-Since: Sun, 06 Nov 1994 08:49:00 GMT", kNotModified, "9111 4.3.2"},
      {"Date is later", "Date: Sun, 06 Nov 1994 08:49:00 GMT\nCache-Control: max-age=5",
       "If-Modified-Since: Sun, 06 Nov 1994 08:48:59 GMT", kWhole, "9111 4.3.2"},
      {"tag before date", kTagged, "If-None-Match: \"y\"\nIf-Modified-Since: Sun, 06 Nov 1994 08:00:00 GMT", kWhole,
       "9110 13.2.2"},
      {"If-Match", kTagged, "If-Match: \"y\", \"x\"", kWhole, "9110 13.1.1"},
      {"If-Match any", kTagged, "If-Match: *", kWhole, "9110 13.1.1"},
      {"If-Match other", kTagged, "If-Match: \"y\"", kFailed, "9110 13.1.1"},
      {"If-Match weak", kTagged, "If-Match: W/\"x\"", kFailed, "9110 13.1.1"},
      {"If-Match malformed", kTagged, "If-Match: x", kFailed, "9110 13.1.1"},
      {"If-Match first", kTagged, "If-Match: \"y\"\nIf-None-Match: \"x\"", kFailed, "9110 13.2.2"},
      {"If-Match holds, go on", kTagged, "If-Match: \"x\"\nIf-None-Match: \"x\"", kNotModified, "9110 13.2.2"},
      {"unmodified", kTagged, "If-Unmodified-Since: Sun, 06 Nov 1994 08:00:00 GMT", kWhole, "9110 13.1.4"},
      {"modified", kTagged, "If-Unmodified-Since: Sun, 06 Nov 1994 07:59:59 GMT", kFailed, "9110 13.1.4"},
      {"unmodified under If-Match", kTagged, "If-Match: \"x\"\nIf-Unmodified-Since: Sun, 06 Nov 1994 07:59:59 GMT",
       kWhole, "9110 13.2.2"},
      {"unmodified unreadable", kTagged, "If-Unmodified-Since: 0", kWhole, "9110 13.1.4"},
  };
  for (const auto& c : kCases) {
    const auto request = lines(c.request);
    const auto head = stored_head(c.response);
    for (const auto* method : {"GET", "HEAD"}) {
      EXPECT_EQ(evaluate_conditions({method, "http://a.example/x", request.fields()}, head), c.expected)
          << c.name << ", RFC " << c.rfc;
    }
  }
}

// RFC 9110 13.2.1
TEST(Validation, ConditionsCountOnlyForSuccessfulResponses) {
  const auto request = lines("If-None-Match: \"x\"");
  EXPECT_EQ(evaluate_conditions({"GET", "", request.fields()}, stored_head("ETag: \"x\"", 404)), kWhole);
  EXPECT_EQ(evaluate_conditions({"GET", "", request.fields()}, stored_head("ETag: \"x\"", 203)), kNotModified);
}

StoredHead freshened(std::string_view stored, std::string_view not_modified) {
  const auto fields = lines(not_modified);
  const auto later = kNow + Seconds{100};
  return freshen(stored_head(stored), {304, fields.fields()}, later, later);
}

// RFC 9111 3.2, 4.3.4
TEST(Validation, A304ReplacesFieldsAndLeavesTheRest) {
  const auto head = freshened(
      "Date: Sun, 06 Nov 1994 08:49:37 GMT\nAge: 30\nETag: \"x\"\nCache-Control: max-age=60\nX-Two: 1\nX-Two: 2\n"
      "X-Old: o\nContent-Type: text/plain\nContent-Length: 3\nVary: X-A\nSet-Cookie: a=1",
      "Date: Sun, 06 Nov 1994 08:51:00 GMT\ncache-control: max-age=90\nx-two: 3\nX-New: n\nContent-Type: text/html\n"
      "Content-Length: 0\nContent-Encoding: gzip\nContent-Range: bytes 0-1/2\nConnection: X-Hop\nX-Hop: h\nVary: X-B\n"
      "Set-Cookie: a=2\nETag: \"x\"");
  EXPECT_EQ(head.wire,
            "HTTP/1.1 200 OK\r\n"
            "X-Old: o\r\n"
            "Content-Type: text/plain\r\n"
            "Vary: X-A\r\n"
            "Set-Cookie: a=1\r\n"
            "Date: Sun, 06 Nov 1994 08:51:00 GMT\r\n"
            "cache-control: max-age=90\r\n"
            "x-two: 3\r\n"
            "X-New: n\r\n"
            "ETag: \"x\"\r\n"
            "Content-Length: 3\r\n");
  EXPECT_EQ(head.variant, stored_head("Vary: X-A\nETag: \"x\"").variant);
  EXPECT_EQ(remaining_freshness(head, kNow + Seconds{100}), Seconds{90 - 17});
}

TEST(Validation, AgeAndDateEndWithTheMessageThatBroughtThem) {
  const auto head = freshened("Date: Sun, 06 Nov 1994 08:00:00 GMT\nAge: 3000\nCache-Control: max-age=60", "");
  EXPECT_EQ(current_age(head, kNow + Seconds{100}), Seconds{0});
  EXPECT_EQ(combined(head.fields.fields(), FieldName::date), "Sun, 06 Nov 1994 08:51:17 GMT");
  EXPECT_EQ(current_age(freshened("Cache-Control: max-age=60", "Age: 7"), kNow + Seconds{100}), Seconds{7});
}

TEST(Validation, A304ThatForbidsReuseLeavesNothingToReuse) {
  for (const auto* directive : {"Cache-Control: no-store", "Cache-Control: private, max-age=60", "Vary: *"}) {
    const auto head = freshened("Cache-Control: max-age=60\nETag: \"x\"", directive);
    EXPECT_EQ(judge_reuse({"GET", "", {}}, head, kNow + Seconds{100}).kind, Reuse::Kind::must_validate) << directive;
  }
}

TEST(Validation, FieldsThatA304MakesPrivateAreDropped) {
  const auto head = freshened("Cache-Control: max-age=60\nX-User: u", "Cache-Control: max-age=60, private=\"x-user\"");
  EXPECT_EQ(find(head.fields.fields(), "X-User"), nullptr);
}

struct SelectCase {
  const char* name;
  const char* stored;
  const char* not_modified;
  bool expected;
};

// RFC 9111 4.3.4
TEST(Validation, A304SelectsByItsValidators) {
  constexpr SelectCase kCases[] = {
      {"same strong tag", "ETag: \"x\"", "ETag: \"x\"", true},
      {"other strong tag", "ETag: \"x\"", "ETag: \"y\"", false},
      {"weak answers strong", "ETag: \"x\"", "ETag: W/\"x\"", true},
      {"strong answers weak", "ETag: W/\"x\"", "ETag: \"x\"", false},
      {"both weak", "ETag: W/\"x\"", "ETag: W/\"x\"", true},
      {"tag unknown to us", "Last-Modified: Sun, 06 Nov 1994 08:00:00 GMT", "ETag: \"x\"", false},
      {"malformed tag", "ETag: \"x\"", "ETag: x", false},
      {"tag agrees, date does not", "ETag: \"x\"\nLast-Modified: Sun, 06 Nov 1994 08:00:00 GMT",
       "ETag: \"x\"\nLast-Modified: Sun, 06 Nov 1994 08:30:00 GMT", true},
      {"same date", "Last-Modified: Sun, 06 Nov 1994 08:00:00 GMT", "Last-Modified: Sun, 06 Nov 1994 08:00:00 GMT",
       true},
      {"other date", "Last-Modified: Sun, 06 Nov 1994 08:00:00 GMT", "Last-Modified: Sun, 06 Nov 1994 08:00:01 GMT",
       false},
      {"date unknown to us", "ETag: \"x\"", "Last-Modified: Sun, 06 Nov 1994 08:00:01 GMT", false},
      {"no validator", "ETag: \"x\"", "", true},
  };
  for (const auto& c : kCases) {
    const auto fields = lines(c.not_modified);
    EXPECT_EQ(selects({304, fields.fields()}, stored_head(c.stored)), c.expected) << c.name;
  }
}

// RFC 9111 4.3.5
TEST(Validation, AHeadResponseDescribesWhatItAgreesWith) {
  constexpr SelectCase kCases[] = {
      {"nothing to compare", "ETag: \"x\"", "", true},
      {"same tag", "ETag: \"x\"", "ETag: \"x\"", true},
      {"other tag", "ETag: \"x\"", "ETag: \"y\"", false},
      {"weak and strong differ", "ETag: \"x\"", "ETag: W/\"x\"", false},
      {"a tag that is not stored", "", "ETag: \"x\"", false},
      {"same date", "Last-Modified: Sun, 06 Nov 1994 08:00:00 GMT", "Last-Modified: Sun, 06 Nov 1994 08:00:00 GMT",
       true},
      {"same tag, other date", "ETag: \"x\"\nLast-Modified: Sun, 06 Nov 1994 08:00:00 GMT",
       "ETag: \"x\"\nLast-Modified: Sun, 06 Nov 1994 08:00:01 GMT", false},
      {"same length", "Content-Length: 3", "Content-Length: 3", true},
      {"other length", "Content-Length: 3", "Content-Length: 4", false},
  };
  for (const auto& c : kCases) {
    const auto fields = lines(c.not_modified);
    EXPECT_EQ(describes({200, fields.fields()}, stored_head(c.stored)), c.expected) << c.name;
  }
}

// RFC 9111 4.3.3
TEST(Validation, AFullAnswerEndsWhatWasStoredUnlessItSpeaksOfTheRequest) {
  struct Answer {
    int status;
    const char* request;
    bool ends;
  };
  constexpr Answer kAnswers[] = {
      {200, "", true},
      {206, "", true},
      {302, "", true},
      {304, "", false},
      {404, "", true},
      {410, "", true},
      {404, "Cookie: a=b", true},
      {401, "", true},
      {403, "", true},
      {401, "Cookie: a=b", false},
      {403, "Authorization: Basic YTpi", false},
      {200, "Authorization: Basic YTpi", false},
      {400, "", false},
      {407, "", false},
      {416, "", false},
      {429, "", false},
      {500, "", false},
      {503, "", false},
      {0, "", false},
  };
  for (const auto& answer : kAnswers) {
    const auto request = lines(answer.request);
    EXPECT_EQ(ends_stored({"GET", "http://a.example/x", request.fields()}, answer.status), answer.ends)
        << answer.status << " " << answer.request;
  }
}

}  // namespace
}  // namespace sluice::cache
