#include "gateway/pipeline/url_keys.hpp"

#include <gtest/gtest.h>

#include "tests/support/pipeline_worker.hpp"

namespace sluice::pipeline {
namespace {

using Keys = std::vector<std::string>;

Keys keys(std::string_view rules, std::string_view url, std::optional<policy::Address> client = std::nullopt) {
  const auto policy = support::policy_of(std::string(rules) + "allow\n");
  http::TargetUri target;
  EXPECT_TRUE(parse_written_url(url, target));
  auto facts = facts_of_url(target, {});
  facts.client = client;
  return keys_of_url(*policy, facts, target.normal_text());
}

TEST(UrlKeys, FollowTheKeyLinesThatHold) {
  constexpr auto kUrl = "http://a.example/x?b=2&utm_s=1&a=1";
  EXPECT_EQ(keys("", kUrl), Keys{kUrl});
  EXPECT_EQ(keys("cache key sort-query path /y\n", kUrl), Keys{kUrl});
  EXPECT_EQ(keys("cache key sort-query path /x\n", kUrl), Keys{"http://a.example/x?a=1&b=2&utm_s=1"});
  EXPECT_EQ(keys("cache key drop-query utm_* method GET\ncache key sort-query\n", kUrl),
            Keys{"http://a.example/x?a=1&b=2"});
  EXPECT_EQ(keys("cache key drop-query utm_*\ncache key drop-query a\n", kUrl), Keys{"http://a.example/x?b=2&a=1"})
      << "the first that holds";
}

TEST(UrlKeys, AreSeveralWhereALineHangsOnWhatIsNotKnown) {
  constexpr auto kUrl = "http://a.example/x?b=2&a=1";
  constexpr auto kRules = "cache key drop-query a from 192.0.2.0/24\ncache key sort-query from 192.0.2.0/24\n";
  EXPECT_EQ(keys(kRules, kUrl), (Keys{kUrl, "http://a.example/x?a=1&b=2", "http://a.example/x?b=2"}));
  EXPECT_EQ(keys(kRules, kUrl, policy::Address::parse("192.0.2.1")), Keys{"http://a.example/x?b=2"});
  EXPECT_EQ(keys(kRules, kUrl, policy::Address::parse("192.0.3.1")), Keys{kUrl});
  EXPECT_EQ(keys(kRules, "http://a.example/x"), Keys{"http://a.example/x"});
}

TEST(UrlKeys, OfAUrlWhatStaysInTheBrowserIsLeftOut) {
  EXPECT_EQ(keys("", "http://A.example/x#part"), Keys{"http://a.example/x"});
  http::TargetUri target;
  EXPECT_FALSE(parse_written_url("/x", target));
}

}  // namespace
}  // namespace sluice::pipeline
