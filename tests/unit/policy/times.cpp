#include "policy/schedule.hpp"
#include "policy/time_value.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

using namespace std::chrono;
using test::compiled;

sys_seconds utc(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  return sys_days(std::chrono::year(year) / month / day) + hours(hour) + minutes(minute);
}

bool holds(std::string_view text, sys_seconds now) {
  const auto policy = compiled(std::string(text) + "\nallow\n");
  Facts facts = test::a_request();
  facts.now = now;
  return policy && policy->decide(facts).verdict == Verdict::deny;
}

struct Case {
  std::string_view during;
  sys_seconds now;
  bool holds;
};

TEST(Times, HoldByWeekdayDateAndHour) {
  const std::vector<Case> cases{
      // 2026-11-25 is a Wednesday
      {"wed", utc(2026, 11, 25, 0), true},
      {"mon-fri 08:00-18:00", utc(2026, 11, 25, 8), true},
      {"mon-fri 08:00-18:00", utc(2026, 11, 25, 17, 59), true},
      {"mon-fri 08:00-18:00", utc(2026, 11, 25, 18), false},
      {"mon-fri 08:00-18:00", utc(2026, 11, 28, 12), false},
      {"sat-mon", utc(2026, 11, 29, 12), true},
      {"sat-mon", utc(2026, 11, 24, 12), false},
      {"daily 12:00-13:00", utc(2026, 11, 24, 12), true},
      {"12:00-24:00", utc(2026, 11, 24, 23, 59), true},
      {"sat, wed 11:00-12:00", utc(2026, 11, 25, 11), true},
      {"sat, wed 11:00-12:00", utc(2026, 11, 25, 12), false},
      // over midnight: belongs to the day on which it begins
      {"wed 22:00-06:00", utc(2026, 11, 25, 23), true},
      {"wed 22:00-06:00", utc(2026, 11, 26, 5), true},
      {"wed 22:00-06:00", utc(2026, 11, 25, 5), false},
      {"wed 22:00-06:00", utc(2026, 11, 26, 6), false},
      // dates
      {"2026-11-25", utc(2026, 11, 25, 5), true},
      {"2026-11-25", utc(2027, 11, 25, 5), false},
      {"11-25", utc(2027, 11, 25, 5), true},
      {"12-24..01-06", utc(2027, 1, 1, 5), true},
      {"12-24..01-06", utc(2027, 1, 7, 0), false},
      {"2026-08-01..2026-08-14 09:00-10:00", utc(2026, 8, 14, 9), true},
      {"2026-08-01..2026-08-14 09:00-10:00", utc(2026, 8, 15, 9), false},
      // zones, in winter and in summer
      {"08:00-18:00 Europe/Berlin", utc(2026, 11, 25, 7), true},
      {"08:00-18:00 Europe/Berlin", utc(2026, 11, 25, 17), false},
      {"08:00-18:00 Europe/Berlin", utc(2026, 7, 1, 6), true},
      {"08:00-18:00 Europe/Berlin", utc(2026, 7, 1, 16), false},
      {"08:00-18:00 Europe/Berlin", utc(2060, 7, 1, 6), true},  // by the rule, beyond all tables
      {"08:00-18:00 Asia/Kolkata", utc(2026, 7, 1, 2, 30), true},
      {"sun Pacific/Auckland", utc(2026, 11, 28, 12), true},
      {"08:00-18:00 UTC", utc(2026, 11, 25, 8), true},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(holds("deny during " + std::string(one.during), one.now), one.holds) << one.during;
  }
}

TEST(Times, HaveNamesAndExceptions) {
  constexpr std::string_view kText =
      "deny during work\ntime holidays 12-25, 2026-04-03\ntime early mon-fri 06:00-08:00 Europe/Berlin\n"
      "time work early, mon-fri 08:00-18:00 Europe/Berlin except holidays, 05-01\n";
  EXPECT_TRUE(holds(kText, utc(2026, 11, 25, 12)));
  EXPECT_TRUE(holds(kText, utc(2026, 11, 25, 5, 30)));  // of `early`
  EXPECT_FALSE(holds(kText, utc(2026, 11, 25, 4, 30)));
  EXPECT_FALSE(holds(kText, utc(2026, 12, 25, 12)));  // a Friday
  EXPECT_FALSE(holds(kText, utc(2026, 5, 1, 12)));    // a Friday
  EXPECT_FALSE(holds(kText, utc(2026, 4, 3, 12)));
  EXPECT_TRUE(holds(kText, utc(2027, 4, 2, 12)));
  EXPECT_TRUE(holds("deny not during 12:00-13:00", utc(2026, 11, 25, 13)));
}

// 2026-12-25 begins in Tokyo at 15:00 of the day before in UTC, and in Honolulu ten hours behind UTC.
TEST(Times, OfANameWithoutAZoneAreReadByTheClockOfWhoeverUsesIt) {
  constexpr std::string_view kHolidays = "time holidays 12-25\n";
  const auto with_holidays = [&](const std::string& text) { return std::string(kHolidays) + text; };
  const std::string tokyo = with_holidays("time work mon-fri 08:00-18:00 Asia/Tokyo except holidays\ndeny during work");
  EXPECT_FALSE(holds(tokyo, utc(2026, 12, 24, 23, 30)));  // 08:30 of the 25th, a Friday
  EXPECT_TRUE(holds(tokyo, utc(2026, 12, 23, 23, 30)));
  EXPECT_TRUE(holds(with_holidays("deny during holidays Asia/Tokyo"), utc(2026, 12, 24, 15)));
  EXPECT_FALSE(holds(with_holidays("deny during holidays Asia/Tokyo"), utc(2026, 12, 25, 15)));
  EXPECT_TRUE(holds(with_holidays("deny during mon, holidays Pacific/Honolulu"), utc(2026, 12, 26, 9)));
  EXPECT_FALSE(holds(with_holidays("deny during holidays"), utc(2026, 12, 24, 15)));
  // Through a name that has no zone either.
  EXPECT_TRUE(holds(with_holidays("time free holidays, 01-01\ndeny during free Asia/Tokyo"), utc(2026, 12, 24, 15)));
  // A zone of its own stays.
  EXPECT_TRUE(holds("time holidays 12-25 UTC\ndeny during holidays Asia/Tokyo", utc(2026, 12, 25, 23)));
  EXPECT_FALSE(holds("time holidays 12-25 UTC\ndeny during holidays Asia/Tokyo", utc(2026, 12, 24, 23)));
}

TEST(Times, EndAtTheirMoment) {
  EXPECT_TRUE(holds("deny until 2026-12-31", utc(2026, 12, 31, 23, 59)));
  EXPECT_FALSE(holds("deny until 2026-12-31", utc(2027, 1, 1, 0)));
  EXPECT_TRUE(holds("deny until 2026-12-31 18:00 Europe/Berlin", utc(2026, 12, 31, 16, 59)));
  EXPECT_FALSE(holds("deny until 2026-12-31 18:00 Europe/Berlin", utc(2026, 12, 31, 17)));
  // The clock goes from 02:00 to 03:00: what is skipped is the moment of the change.
  EXPECT_TRUE(holds("deny until 2026-03-29 02:30 Europe/Berlin", utc(2026, 3, 29, 0, 59)));
  EXPECT_FALSE(holds("deny until 2026-03-29 02:30 Europe/Berlin", utc(2026, 3, 29, 1)));
}

TEST(Times, ThatAreOverAreWarnedOf) {
  const std::string text =
      "deny host a until 2020-01-01\ndeny host b not until 2020-01-01\ndeny host c until 2026-11-25 09:00 "
      "Europe/Berlin\n"
      "deny host d until 2026-11-25 09:01 Europe/Berlin\ndeny host e unless until 2020-01-01 port 80\n"
      "cache ttl 1h until 2020-01-01\nallow\n";
  const auto places = [&](const CompileOptions& options) {
    std::vector<std::pair<int, std::string>> found;
    for (const Diagnostic& warning : compiled(text, options)->warnings()) {
      if (warning.message.find("is over") == std::string::npos) { continue; }
      found.emplace_back(warning.line, warning.message.substr(warning.message.find("this")));
    }
    return found;
  };
  CompileOptions options;
  EXPECT_TRUE(places(options).empty()) << "nobody says what time it is";
  options.now = utc(2026, 11, 25, 8);
  EXPECT_EQ(places(options), (std::vector<std::pair<int, std::string>>{{1, "this rule never holds any more"},
                                                                       {3, "this rule never holds any more"},
                                                                       {5, "this exception never holds any more"},
                                                                       {6, "this setting never holds any more"}}));
}

TEST(Times, AreBoundedWhenTheyDoubleWithEveryLine) {
  std::string text = "time n0 mon, tue\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "n" + std::to_string(i - 1);
    text += "time n" + std::to_string(i) + ' ' + before + ", " + before + '\n';
  }
  const auto errors = test::errors_of(text + "allow\n");
  ASSERT_FALSE(errors.empty());
  EXPECT_NE(errors[0].message.find("ten thousand windows"), std::string::npos);
}

TEST(Quantities, AreWholeNumbersWithAUnit) {
  EXPECT_EQ(parse_duration_value("90s"), seconds(90));
  EXPECT_EQ(parse_duration_value("2h"), hours(2));
  EXPECT_EQ(parse_duration_value("1w"), days(7));
  for (const std::string_view bad : {"", "h", "5", "1y", "-1s", "1.5h", "4000d", "99999999999999s"}) {
    EXPECT_FALSE(parse_duration_value(bad)) << bad;
  }
  EXPECT_EQ(parse_size_value("512"), 512u);
  EXPECT_EQ(parse_size_value("64MiB"), 64u << 20);
  EXPECT_EQ(parse_size_value("10kB"), 10'000u);
  for (const std::string_view bad : {"", "MiB", "1K", "1mib", "-1", "9999999999TiB"}) {
    EXPECT_FALSE(parse_size_value(bad)) << bad;
  }
}

}  // namespace
}  // namespace sluice::policy
