#include "cache/http_date.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

TEST(HttpDate, ThreeFormsNameTheSameMoment) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kNow);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), kNow);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), kNow);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994"), kNow + std::chrono::days{10});
}

TEST(HttpDate, AnyDeviationIsRefused) {
  for (const auto* text : {
           "",
           "0",
           "-1",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37 +0000",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 GMT ",
           " Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun,06 Nov 1994 08:49:37 GMT",
           "Sun,  06 Nov 1994 08:49:37 GMT",
           "Sun, 6 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 94 08:49:37 GMT",
           "Sun, 06 Nov 1994 8:49:37 GMT",
           "Sun, 06 Nov 1994 24:00:00 GMT",
           "Sun, 06 Nov 1994 08:60:37 GMT",
           "Sun, 06 Nov 1994 08:49:61 GMT",
           "Sun, 00 Nov 1994 08:49:37 GMT",
           "Wed, 31 Nov 1994 08:49:37 GMT",
           "Mon, 06 Nov 1994 08:49:37 GMT",  // it was a Sunday
           "Sun, 06 Nov +994 08:49:37 GMT",
           "Sun, 06-Nov-94 08:49:37 GMT",
           "Sunday, 06-Nov-1994 08:49:37 GMT",
           "Sunday, 06 Nov 1994 08:49:37 GMT",
           "Sun Nov 6 08:49:37 1994",
           "Sun Nov 06 08:49:37 1994 GMT",
           "Sun",
           "Sun,",
       }) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

// RFC 9111 4.2: "a cache recipient SHOULD match the field value case-insensitively".
TEST(HttpDate, CaseDoesNotMatter) {
  for (const auto* text : {"sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 NOV 1994 08:49:37 gmt",
                           "SUNDAY, 06-nov-94 08:49:37 Gmt", "sUN nOV  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_http_date(text, kNow), parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")) << text;
  }
}

TEST(HttpDate, TwoDigitYearsAreAtMostFiftyYearsAhead) {
  const auto in_2026 = kDateReference;
  EXPECT_EQ(parse_http_date("Saturday, 06-Nov-76 08:49:37 GMT", in_2026), std::nullopt);  // 2076 is a Friday
  EXPECT_TRUE(parse_http_date("Friday, 06-Nov-76 08:49:37 GMT", in_2026).has_value());
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-77 08:49:37 GMT", in_2026),
            parse_http_date("Sun, 06 Nov 1977 08:49:37 GMT"));
}

TEST(HttpDate, LeapDaysAndLeapSecondsExist) {
  EXPECT_TRUE(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT"));
  EXPECT_FALSE(parse_http_date("Wed, 29 Feb 2023 00:00:00 GMT"));
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), parse_http_date("Sun, 01 Jan 2017 00:00:00 GMT"));
}

TEST(HttpDate, IsWrittenAsFixdateAndReadBack) {
  EXPECT_EQ(format_http_date(kNow), kNowText);
  EXPECT_EQ(format_http_date(UnixTime{}), "Thu, 01 Jan 1970 00:00:00 GMT");
  for (long t = -10'000'000'000; t < 100'000'000'000; t += 987'654'321) {
    const UnixTime time{Seconds{t}};
    EXPECT_EQ(parse_http_date(format_http_date(time)), time) << t;
  }
}

}  // namespace
}  // namespace sluice::cache
