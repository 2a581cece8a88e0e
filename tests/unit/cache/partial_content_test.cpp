#include "cache/partial_content.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"
#include "tests/unit/cache/store_support.hpp"

namespace sluice::cache {
namespace {

struct ContentRangeCase {
  const char* name;
  const char* value;
  const char* expected;  // "" when it cannot be used
  const char* rfc;
};

TEST(PartialContent, ContentRangeIsReadToTheLetter) {
  constexpr ContentRangeCase kCases[] = {
      {"plain", "bytes 0-4/10", "bytes 0-4/10", "9110 14.4"},
      {"to the end", "bytes 4-9/10", "bytes 4-9/10", "9110 14.4"},
      {"unit in any case", "Bytes 0-4/10", "bytes 0-4/10", "9110 14.1"},
      {"last before first", "bytes 4-3/10", "", "9110 14.4, invalid"},
      {"last at the length", "bytes 0-10/10", "", "9110 14.4, invalid"},
      {"unknown length", "bytes 0-4/*", "", "9110 14.4, not storable here"},
      {"unsatisfied", "bytes */10", "", "9110 14.4"},
      {"other unit", "items 0-4/10", "", "9110 14.4"},
      {"no unit", "0-4/10", "", "9110 14.4"},
      {"blank", "bytes 0 - 4/10", "", "9110 14.4"},
      {"sign", "bytes +0-4/10", "", "9110 14.4"},
      {"overflow", "bytes 0-4/99999999999999999999", "", "9110 14.4"},
      {"more behind", "bytes 0-4/10, bytes 5-9/10", "", "9110 14.4"},
      {"nothing", "", "", "9110 14.4"},
  };
  for (const auto& c : kCases) {
    const auto range = parse_content_range(c.value);
    EXPECT_EQ(range ? to_text(*range) : "", c.expected) << c.name << ", RFC " << c.rfc;
  }
}

struct StorableCase {
  const char* name;
  const char* request;
  const char* response;
  MissCause expected;
  const char* rfc;
};

TEST(PartialContent, APartIsStoredUnderTheRulesOfTheWhole) {
  constexpr StorableCase kCases[] = {
      {"fresh", "Range: bytes=0-4", "Cache-Control: max-age=60\nContent-Range: bytes 0-4/10\nContent-Length: 5",
       MissCause::none, "9111 3.3"},
      {"a heuristic will do", "Range: bytes=0-4",
       "Date: Sun, 06 Nov 1994 08:49:37 GMT\nLast-Modified: Sun, 06 Nov 1994 08:00:00 GMT\nContent-Range: bytes 0-4/10",
       MissCause::none, "9110 15.1"},
      {"no Content-Range", "Range: bytes=0-4", "Cache-Control: max-age=60", MissCause::range, "9110 15.3.7.1"},
      {"two of them", "Range: bytes=0-4",
       "Cache-Control: max-age=60\nContent-Range: bytes 0-4/10\nContent-Range: bytes 0-4/10", MissCause::range,
       "9110 15.3.7.1"},
      {"several parts", "Range: bytes=0-1,3-4",
       "Cache-Control: max-age=60\nContent-Type: multipart/byteranges; boundary=x\nContent-Range: bytes 0-4/10",
       MissCause::range, "9110 15.3.7.2"},
      {"length that does not agree", "Range: bytes=0-4",
       "Cache-Control: max-age=60\nContent-Range: bytes 0-4/10\nContent-Length: 6", MissCause::range, "9110 14.4"},
      {"no-store", "Range: bytes=0-4", "Cache-Control: no-store\nContent-Range: bytes 0-4/10", MissCause::no_store,
       "9111 3"},
      {"private", "Range: bytes=0-4", "Cache-Control: private\nContent-Range: bytes 0-4/10", MissCause::private_,
       "9111 3"},
      {"authorization", "Range: bytes=0-4\nAuthorization: x", "Cache-Control: max-age=60\nContent-Range: bytes 0-4/10",
       MissCause::authorization, "9111 3.5"},
      {"Vary: *", "Range: bytes=0-4", "Cache-Control: max-age=60\nVary: *\nContent-Range: bytes 0-4/10",
       MissCause::vary, "9111 4.1"},
  };
  for (const auto& c : kCases) {
    const auto request = lines(c.request);
    const auto response = lines(c.response);
    EXPECT_EQ(why_not_storable_part({"GET", "http://a.example/x", request.fields()}, {206, response.fields()}),
              c.expected)
        << c.name << ", RFC " << c.rfc;
  }
}

StoredHead part_head(std::string_view response_lines) {
  const auto response = lines(response_lines);
  return make_part_head({"GET", "http://a.example/x", {}}, {206, response.fields()}, "http://a.example/x", kNow, kNow,
                        "192.0.2.1");
}

TEST(PartialContent, TheHeadIsThatOfTheWhole) {
  const auto head = part_head("Cache-Control: max-age=60\nETag: \"x\"\nContent-Range: bytes 0-4/10\nContent-Length: 5");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.content_length, 10U);
  EXPECT_EQ(find(head.fields.fields(), FieldName::content_range), nullptr);
  EXPECT_NE(head.wire.find("HTTP/1.1 200 OK"), std::string::npos);
  EXPECT_NE(head.wire.find("Content-Length: 10\r\n"), std::string::npos);
}

struct CombineCase {
  const char* name;
  const char* stored;
  const char* part;
  bool expected;
};

// RFC 9110 15.3.7.3: "if they share the same strong validator".
TEST(PartialContent, OnlyWhatSharesAStrongValidatorIsCombined) {
  constexpr const char* kDate = "Date: Sun, 06 Nov 1994 08:49:37 GMT\n";
  const std::string modified = std::string(kDate) + "Last-Modified: Sun, 06 Nov 1994 08:00:00 GMT\n";
  const std::string other = std::string(kDate) + "Last-Modified: Sun, 06 Nov 1994 08:00:01 GMT\n";
  const std::string just_now = std::string(kDate) + "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n";
  const CombineCase kCases[] = {
      {"same tag", "ETag: \"x\"\n", "ETag: \"x\"\n", true},
      {"other tag", "ETag: \"x\"\n", "ETag: \"y\"\n", false},
      {"weak tags", "ETag: W/\"x\"\n", "ETag: W/\"x\"\n", false},
      {"tag gone", "ETag: \"x\"\n", "", false},
      {"tag new", "", "ETag: \"x\"\n", false},
      {"no validator", "", "", false},
      {"same date", modified.c_str(), modified.c_str(), true},
      {"other date", modified.c_str(), other.c_str(), false},
      {"date that is not strong", just_now.c_str(), just_now.c_str(), false},
  };
  for (const auto& c : kCases) {
    const auto stored = part_head(std::string(c.stored) + "Content-Range: bytes 0-4/10");
    EXPECT_EQ(may_combine(stored, part_head(std::string(c.part) + "Content-Range: bytes 5-9/10")), c.expected)
        << c.name;
    EXPECT_FALSE(may_combine(stored, part_head(std::string(c.part) + "Content-Range: bytes 5-9/11")))
        << c.name << ": another length";
  }
}

std::shared_ptr<StoredResponse> part(std::string_view whole, ByteRange range,
                                     std::string_view fields = "ETag: \"x\"\n") {
  auto out = std::make_shared<StoredResponse>();
  out->head = part_head(std::string(fields) + "Content-Range: " + to_text({range, whole.size()}));
  out->segments.push_back(test::segment(whole.substr(range.first, range.size())));
  out->present = Spans(range);
  return out;
}

std::string text_of(const StoredResponse& response, ByteRange range) {
  std::string out;
  for (const auto& segment : content_of(response, range)) { out += segment.view(); }
  return out;
}

TEST(PartialContent, PartsAreJoinedUntilNothingIsMissing) {
  constexpr std::string_view kWhole = "0123456789";
  auto stored = combine(*part(kWhole, {6, 7}), *part(kWhole, {1, 2}));
  ASSERT_FALSE(stored->is_whole());
  EXPECT_EQ(stored->octets(), 4U);
  EXPECT_EQ(text_of(*stored, {1, 2}), "12");
  EXPECT_EQ(text_of(*stored, {7, 7}), "7");
  EXPECT_EQ(stored->resident_piece(0).size, 0U);
  EXPECT_EQ(stored->resident_piece(3).size, 0U);
  stored = combine(*stored, *part(kWhole, {2, 6}));
  EXPECT_EQ(text_of(*stored, {1, 7}), "1234567");
  stored = combine(*stored, *part(kWhole, {8, 9}));
  stored = combine(*stored, *part(kWhole, {0, 0}));
  EXPECT_TRUE(stored->is_whole());
  EXPECT_EQ(text_of(*stored, {0, 9}), kWhole);
}

// RFC 9111 3.4: "a cache MUST use the header fields provided in the new response, aside from Content-Range, to replace
// all instances of the corresponding header fields in the stored response."
TEST(PartialContent, FieldsOfTheNewPartReplaceThoseStored) {
  constexpr std::string_view kWhole = "0123456789";
  const auto old = part(kWhole, {0, 4}, "ETag: \"x\"\nX-A: old\nX-B: kept\nAge: 7\nCache-Control: max-age=60\n");
  const auto joined = combine(*old, *part(kWhole, {5, 9}, "ETag: \"x\"\nX-A: new\nCache-Control: max-age=90\n"));
  EXPECT_NE(joined->head.wire.find("X-A: new\r\n"), std::string::npos);
  EXPECT_NE(joined->head.wire.find("X-B: kept\r\n"), std::string::npos);
  EXPECT_EQ(joined->head.wire.find("old"), std::string::npos);
  EXPECT_EQ(joined->head.derived.freshness_lifetime, Seconds{90});
  EXPECT_EQ(joined->head.derived.corrected_initial_age, Seconds{0});
}

TEST(PartialContent, WhatAPurgeTouchesOfOnePartItTouchesOfAll) {
  constexpr std::string_view kWhole = "0123456789";
  auto old = std::make_shared<StoredResponse>(*part(kWhole, {0, 4}));
  auto fresh = std::make_shared<StoredResponse>(*part(kWhole, {5, 9}));
  old->head.generation = 3;
  old->head.stale_from = UnixTime(Seconds{1'700'000'000});
  fresh->head.generation = 5;
  EXPECT_EQ(combine(*old, *fresh)->head.generation, 3U);
  EXPECT_EQ(combine(*old, *fresh)->head.stale_from, old->head.stale_from);
}

struct CoverCase {
  const char* name;
  const char* method;
  const char* request;
  bool expected;
  const char* rfc;
};

// Stored: 2 to 5 of 10 octets.
TEST(PartialContent, OnlyWhatIsThereIsAnsweredFromTheStore) {
  constexpr CoverCase kCases[] = {
      {"inside", "GET", "Range: bytes=2-5", true, "9111 3.3"},
      {"a part of it", "GET", "Range: bytes=3-3", true, "9111 3.3"},
      {"more in front", "GET", "Range: bytes=1-5", false, "9111 3.3"},
      {"more behind", "GET", "Range: bytes=2-6", false, "9111 3.3"},
      {"open", "GET", "Range: bytes=2-", false, "9111 3.3"},
      {"the end", "GET", "Range: bytes=-1", false, "9111 3.3"},
      {"the whole", "GET", "", false, "9111 3.3"},
      {"If-Range holds", "GET", "Range: bytes=2-5\nIf-Range: \"x\"", true, "9110 13.1.5"},
      {"If-Range does not hold", "GET", "Range: bytes=2-5\nIf-Range: \"y\"", false, "9110 13.1.5"},
      {"not modified", "GET", "If-None-Match: \"x\"", true, "9110 15.4.5"},
      {"behind the end", "GET", "Range: bytes=10-", true, "9110 15.5.17"},
      {"only the head", "HEAD", "", true, "9110 9.3.2"},
  };
  const auto stored = part("0123456789", {2, 5});
  for (const auto& c : kCases) {
    const auto request = lines(c.request);
    EXPECT_EQ(is_covered({c.method, "http://a.example/x", request.fields()}, *stored), c.expected)
        << c.name << ", RFC " << c.rfc;
  }
}

}  // namespace
}  // namespace sluice::cache
