#include <gmock/gmock.h>

#include "policy/moment.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

using testing::HasSubstr;

TEST(TestCases, SayWhatIsAskedAndWhatIsExpected) {
  const auto policy = test::compiled(
      "test \"games, at work\" { from 10.1.2.3 to 192.0.2.1 method POST url \"http://a.example/x,y?b~c\" at \"tue "
      "10:00\" "
      "field User-Agent \"curl/8\" field X \"\" listener 127.0.0.1:3128 mode explicit status 200 type text/html size "
      "1KiB "
      "response field Server \"nginx\" expect deny by HR-231 }  # comment\ndeny host a.example id HR-231\nallow\n");
  ASSERT_TRUE(policy);
  ASSERT_EQ(policy->tests().size(), 1u);
  const TestCase& one = policy->tests()[0];
  EXPECT_EQ(one.name, "games, at work");
  EXPECT_EQ(one.url, "http://a.example/x,y?b~c");
  EXPECT_EQ(one.method, "POST");
  EXPECT_EQ(one.from, "10.1.2.3");
  EXPECT_EQ(one.at, "tue 10:00");
  ASSERT_EQ(one.fields.size(), 2u);
  EXPECT_EQ(one.fields[0].second, "curl/8");
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(one.size, 1024u);
  EXPECT_EQ(one.response_fields[0].first, "Server");
  EXPECT_EQ(one.expected, Verdict::deny);
  EXPECT_EQ(one.by, "HR-231");
  EXPECT_EQ(one.line, 1);
}

TEST(TestCases, NameThePlaceAndWhatWasExpected) {
  const std::vector<std::tuple<std::string_view, int, std::string_view>> cases{
      {"test x { }", 6, "a name in quotes"},
      {"test \"x\" url", 10, "`{` expected"},
      {"test \"x\" { url http://a/ expect deny", 37, "`}` expected"},
      {"test \"x\" { url http://a/ expect deny } y", 40, "where the line should end"},
      {"test \"x\" { expect deny }", 6, "asks for a URL"},
      {"test \"x\" { url http://a/ }", 6, "says what it expects"},
      {"test \"x\" { url http://a/ expect maybe }", 33, "`redirect` or `reject` expected"},
      {"test \"x\" { form 10.0.0.1 }", 12, "did you mean `from`?"},
      {"test \"x\" { from 10.0.0 }", 17, "no address"},
      {"test \"x\" { at \"someday\" }", 15, "no moment"},
      {"test \"x\" { url http://a/ type a/b expect deny }", 6, "says its status"},
      {"test \"x\" { status 2000 }", 19, "no status"},
      {"test \"x\" { url http://a/ url http://b/ expect deny }", 26, "a second `url`"},
      {"test \"x\" { url http://a/ expect deny expect allow }", 38, "a second `expect`"},
      {"test \"x\" { from 10.0.0.1 from 10.0.0.2 url http://a/ expect deny }", 26, "a second `from`"},
      {"test \"x\" { url http://a/ expect allow by NOSUCH }", 42, "no rule has the id `NOSUCH`"},
      {"allow host a id such\ntest \"x\" { url http://a/ expect allow by sich }", 42, "did you mean `such`?"},
  };
  for (const auto& [line, column, message] : cases) {
    const auto errors = test::errors_of(std::string(line) + "\nallow\n");
    ASSERT_EQ(errors.size(), 1u) << line << (errors.empty() ? "" : errors.back().text());
    EXPECT_EQ(errors[0].column, column) << errors[0].text();
    EXPECT_THAT(errors[0].message, HasSubstr(std::string(message)));
  }
}

TEST(Moments, AreTheNextOnesOrThoseOfADate) {
  using namespace std::chrono;
  const sys_seconds now = sys_days(year(2026) / 11 / 25) + hours(12);  // a Wednesday
  const auto at = [&](std::string_view text) { return parse_moment(text, now).value_or(sys_seconds{}); };
  EXPECT_EQ(at("tue 10:00"), sys_days(year(2026) / 12 / 1) + hours(10));
  EXPECT_EQ(at("wed 13:00"), sys_days(year(2026) / 11 / 25) + hours(13));
  EXPECT_EQ(at("wed 11:00"), sys_days(year(2026) / 12 / 2) + hours(11));
  EXPECT_EQ(at("10:00"), sys_days(year(2026) / 11 / 25) + hours(10));
  EXPECT_EQ(at("10:00 Europe/Berlin"), sys_days(year(2026) / 11 / 25) + hours(9));
  EXPECT_EQ(at("2026-07-01 10:00 Europe/Berlin"), sys_days(year(2026) / 7 / 1) + hours(8));
  for (const std::string_view bad :
       {"", "tue", "mon-fri 10:00", "10", "tue 10:00 x", "tue 10:00 Europe/Berlim", "a b 10:00"}) {
    EXPECT_FALSE(parse_moment(bad, now)) << bad;
  }
}

}  // namespace
}  // namespace sluice::policy
