#include <gmock/gmock.h>

#include "support.hpp"

namespace sluice::policy {
namespace {

using test::a_request;
using test::compiled;
using testing::HasSubstr;

Settings chosen(const test::SnapshotPtr& policy, SettingStage stage, const Facts& facts) {
  Settings settings;
  policy->choose(stage, facts, settings);
  return settings;
}

TEST(SettingLines, AreKeptInOneSpellingWithTheirIds) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"cache  ttl 7d  path /a", "cache ttl 7d path /a"},
      {"cache grace 1h", "cache grace 1h"},
      {"cache negative 10s status 404", "cache negative 10s status 404"},
      {"cache never host .a.example", "cache never host .a.example"},
      {"cache ignore set-cookie", "cache ignore set-cookie"},
      {"cache key drop-query utm_*,fbclid host a", "cache key drop-query utm_*, fbclid host a"},
      {"cache key  sort-query", "cache key sort-query"},
      {"cache finish-aborted under 64MiB", "cache finish-aborted under 64MiB"},
      {"cache finish-aborted", "cache finish-aborted"},
      {"limit size 10MiB from 10.0.0.0/8", "limit size 10MiB from 10.0.0.0/8"},
      {"limit connections  20 from 10.0.0.0/8", "limit connections 20 from 10.0.0.0/8"},
      {"limit rate  1MiB/s type video/*", "limit rate 1MiB/s type video/*"},
      {"limit rate 800kB/s to 10.0.0.0/8", "limit rate 800kB/s to 10.0.0.0/8"},
      {"strip query in log", "strip query in log"},
      {"connect to Safe.Example.:443 host a", "connect to safe.example:443 host a"},
      {"connect to [2001:DB8::1]:80 host a", "connect to [2001:db8::1]:80 host a"},
      {"connect to 2001:db8::1 host a", "connect to 2001:db8::1 host a"},
      {"set request field X-A \"b \\\"c\"", "set request field X-A \"b \\\"c\""},
      {"remove response field Server  type a/b shadow", "remove response field Server type a/b shadow"},
  };
  for (const auto& [written, canonical] : cases) {
    const auto policy = compiled(std::string(written) + "\nallow\n");
    ASSERT_TRUE(policy) << written;
    EXPECT_EQ(policy->rules().front().text, canonical);
    EXPECT_TRUE(policy->rules().front().setting.has_value());
    EXPECT_EQ(policy->rules().front().id.size(), 8u);
    EXPECT_EQ(compiled(std::string(canonical) + "\nallow\n")->rules().front().text, canonical);
  }
}

TEST(SettingLines, NameThePlaceAndWhatWasExpected) {
  struct Case {
    std::string_view line;
    int column;
    std::string_view message;
  };
  const std::vector<Case> cases{
      {"cache tll 7d", 7, "did you mean `ttl`?"},
      {"cache", 6, "`cache` is followed by"},
      {"cache ttl", 10, "a duration expected"},
      {"cache ttl 7x", 11, "no duration"},
      {"cache ignore cookies", 14, "`set-cookie` expected"},
      {"cache key utm", 11, "`drop-query` expected"},
      {"cache key drop-query a=b", 22, "a name expected"},
      {"cache key drop-query host a", 22, "the name of a parameter expected"},
      {"cache finish-aborted under x", 28, "no size"},
      {"limit rates 1MiB/s", 7, "`limit` is followed by `size`"},
      {"limit rate", 11, "a rate expected"},
      {"limit rate 1MiB", 12, "a rate expected"},
      {"limit rate \"1MiB/s\"", 12, "a rate expected"},
      {"limit rate /s", 12, "no size"},
      {"limit rate 1Mbit/s", 12, "no size"},
      {"limit rate 0/s", 12, "from `1/s` to `10GB/s`"},
      {"limit rate 0kB/s", 12, "from `1/s` to `10GB/s`"},
      {"limit rate 10000000001/s", 12, "from `1/s` to `10GB/s`"},
      {"limit connections 0", 19, "from 1 to 1000000"},
      {"limit connections", 18, "from 1 to 1000000"},
      {"limit size", 11, "a size expected"},
      {"strip query", 12, "`in` expected"},
      {"connect 10.0.0.1", 9, "`to` expected"},
      {"connect to .a.example", 12, "no single host"},
      {"connect to a.example:x", 12, "one port"},
      {"set request X \"y\"", 13, "`field` expected"},
      {"set request field X", 20, "the field's value expected"},
      {"set request field X \"\"", 21, "ASCII without blanks"},
      {"set request field X \"\xc3\xa4\"", 21, "ASCII without blanks"},
      {"set request field Host \"a\"", 19, "the gateway's own to write"},
      {"set response field transfer-encoding \"a\"", 20, "the gateway's own to write"},
      {"remove field X", 8, "`request` or `response` expected"},
      {"remove request field \"X\"", 22, "the name of a field expected"},
      {"connect to 10.0.0.1 to 10.0.0.2", 21, "known when the address is"},
      {"set request field A \"b\" status 200", 25, "known when the response is"},
      {"cache key sort-query unless type a/b", 29, "known when the response is"},
      {"set vendors", 12, "a value expected"},
      {"set port 80", 5, "a word of the language"},
      {"deny host @vendors", 11, "unknown set `vendors`"},
      {"time work", 10, "a time expected"},
      {"time work mon-fri 8:00-18:00", 19, "are no hours"},
      {"time work mon-fri Europe/Berlim", 19, "no time zone"},
      {"time mon mon", 6, "a word of the language"},
      {"deny during wrk", 13, "unknown time `wrk`"},
      {"deny during 2026-08-14..2026-08-01", 13, "ends ahead of its beginning"},
      {"deny until tomorrow", 12, "a date expected"},
      {"deny path a", 11, "begins with `/`"},
      {"deny path /a?b", 11, "a path has no query"},
      {"deny status 99", 13, "no status"},
      {"deny type html", 11, "no media type"},
      {"deny size 10", 11, "`over` or `under`"},
      {"deny size over ten", 16, "no size"},
      {"deny field ~ \"x\"", 12, "the name of a field expected"},
      {"deny field X \"x\"", 14, "followed by `~`"},
      {"deny response Server ~ \"x\"", 15, "`response` is followed by `field`"},
      {"deny mode explicitt", 11, "did you mean `explicit`?"},
      {"deny listener http", 15, "no listener"},
      {"deny host a owner", 18, "`owner` takes a word"},
      {"deny host a shadow shadow", 20, "a second `shadow`"},
      {"deny host a ticket \"\"", 20, "an empty ticket"},
      {"include \"x\"", 9, "in no folder"},
  };
  for (const Case& one : cases) {
    const auto errors = test::errors_of(std::string(one.line) + "\nallow\n");
    ASSERT_EQ(errors.size(), 1u) << one.line << (errors.empty() ? "" : '\n' + errors.back().text());
    EXPECT_EQ(errors[0].column, one.column) << one.line << '\n' << errors[0].text();
    EXPECT_THAT(errors[0].message, HasSubstr(std::string(one.message))) << one.line;
  }
}

TEST(SettingLines, ApplyByTheirFirstMatchOfEachKind) {
  const auto policy = compiled(
      "cache ttl 1h host other.example\ncache ttl 2h host .example.com\ncache ttl 3h\n"
      "set response field X-A \"1\"\nremove response field x-a\nset response field X-B \"2\" status 200\nallow\n");
  Facts facts = a_request();
  facts.status = 200;
  const auto settings = chosen(policy, SettingStage::response, facts);
  ASSERT_NE(settings[SettingKind::cache_ttl], nullptr);
  EXPECT_EQ(settings[SettingKind::cache_ttl]->lifetime, std::chrono::hours(2));
  ASSERT_EQ(settings.fields.size(), 2u);
  EXPECT_EQ(settings.fields[0]->value, "1");
  EXPECT_EQ(settings.fields[1]->value, "2");
  EXPECT_FALSE(policy->has_settings(SettingStage::request));
  EXPECT_TRUE(policy->has_settings(SettingStage::response));
}

TEST(SettingLines, OfNoCachingAreAskedForAtBothStages) {
  const auto policy = compiled("cache never type video/*\ncache never path /live\nallow\n");
  Facts facts = a_request();
  EXPECT_EQ(chosen(policy, SettingStage::request, facts)[SettingKind::cache_never], nullptr);
  facts.path_and_query = "/live/1";
  EXPECT_NE(chosen(policy, SettingStage::request, facts)[SettingKind::cache_never], nullptr);
  facts.path_and_query = "/";
  facts.type = "video/mp4";
  EXPECT_NE(chosen(policy, SettingStage::response, facts)[SettingKind::cache_never], nullptr);
}

TEST(SettingLines, OfTheRateAreAskedForAtBothStages) {
  const auto policy = compiled("limit rate 1MiB/s type video/*\nlimit rate 200kB/s path /slow\nallow\n");
  const auto rate = [&](SettingStage stage, const Facts& facts) {
    const auto* limit = chosen(policy, stage, facts)[SettingKind::limit_rate];
    return limit != nullptr ? limit->size : 0;
  };
  Facts facts = a_request();
  EXPECT_EQ(rate(SettingStage::request, facts), 0U);
  facts.path_and_query = "/slow/1";
  EXPECT_EQ(rate(SettingStage::request, facts), 200'000U) << "what the type will be is not known yet";
  facts.type = "video/mp4";
  EXPECT_EQ(rate(SettingStage::response, facts), 1U << 20) << "the first line that holds";
  facts.type = "text/html";
  EXPECT_EQ(rate(SettingStage::response, facts), 200'000U);
}

TEST(SettingLines, InShadowAreNamedAndDoNotApply) {
  const auto policy = compiled("strip query in log shadow id s\nallow\n");
  const auto settings = chosen(policy, SettingStage::request, a_request());
  EXPECT_EQ(settings[SettingKind::strip_query], nullptr);
  ASSERT_NE(settings.shadow, nullptr);
  EXPECT_EQ(policy->rules()[settings.shadow->rule].id, "s");
}

TEST(SettingLines, SayNothingAboutVerdicts) {
  EXPECT_EQ(test::errors_of("deny host a\ncache never\n").size(), 1u) << "a setting is no default";
  const auto policy = compiled("allow\ncache never\n");
  EXPECT_TRUE(policy->warnings().empty());
  EXPECT_EQ(policy->decide(a_request()).rule, 0u);
}

TEST(Settings, ThatMayApplyEndWithTheFirstThatIsKnownTo) {
  const auto policy = compiled(
      "cache key drop-query a from 192.0.2.0/24\n"
      "cache key drop-query b host other.example\n"
      "cache key drop-query c shadow\n"
      "cache key drop-query d method GET\n"
      "cache key drop-query e\n"
      "allow\n");
  const auto names = [&](const Facts& facts) {
    std::string out;
    for (const auto* each : policy->possible(SettingStage::request, SettingKind::cache_key_drop_query, facts)) {
      out += each == nullptr ? "-" : each->parameters[0];
    }
    return out;
  };
  Facts facts = a_request();
  EXPECT_EQ(names(facts), "d");
  facts.client.reset();
  EXPECT_EQ(names(facts), "ad");
  facts.method.reset();
  EXPECT_EQ(names(facts), "ade");
  EXPECT_EQ(policy->possible(SettingStage::request, SettingKind::cache_never, facts),
            std::vector<const Setting*>{nullptr});
}

}  // namespace
}  // namespace sluice::policy
