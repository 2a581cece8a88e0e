#include <functional>

#include "support.hpp"

namespace sluice::policy {
namespace {

using test::a_request;
using test::address;
using test::compiled;

struct Case {
  std::string_view condition;  // of the one rule ahead of the default
  std::function<void(Facts&)> facts;
  Verdict verdict;
};

Verdict verdict_of(const Case& one) {
  const auto policy = compiled("net staff 10.1.0.0/16\ndeny " + std::string(one.condition) + "\nallow\n");
  Facts facts = a_request();
  one.facts(facts);
  return policy ? policy->decide(facts).verdict : Verdict::undecided;
}

void host(Facts& facts, std::string_view name) {
  facts.host = name;
}
void url(Facts& facts, std::string_view text) {
  facts.url = text;
}

TEST(Language, MeansWhatItsReferenceSays) {
  const auto same = [](Facts&) {};
  const auto host_is = [](std::string_view name) { return [=](Facts& facts) { host(facts, name); }; };
  const auto url_is = [](std::string_view text) { return [=](Facts& facts) { url(facts, text); }; };
  const auto port_is = [](int port) { return [=](Facts& facts) { facts.port = static_cast<std::uint16_t>(port); }; };
  const auto connect = [](Facts& facts) {
    facts.method = "CONNECT";
    facts.scheme = "";
    facts.port = 443;
    facts.url = "www.example.com:443";
  };
  const Verdict allow = Verdict::allow;
  const Verdict deny = Verdict::deny;
  const Verdict undecided = Verdict::undecided;
  const std::vector<Case> cases{
      // host: single names and names with what is below them
      {"host www.example.com", same, deny},
      {"host www.example.com", host_is("a.www.example.com"), allow},
      {"host WWW.Example.COM.", same, deny},
      {"host .example.com", same, deny},
      {"host .b\xc3\xbc"
       "cher.example",
       host_is("www.xn--bcher-kva.example"), deny},
      {"host B\xc3\x9c"
       "CHER.example.",
       host_is("xn--bcher-kva.example"), deny},
      {"host .example.com", host_is("example.com"), deny},
      {"host *.example.com", host_is("example.com"), deny},
      {"host .example.com", host_is("badexample.com"), allow},
      {"host .example.com", host_is("example.com.evil.net"), allow},
      {"host example.com", same, allow},
      {"host a.example,b.example , www.example.com", same, deny},
      {"host .com", same, deny},
      {"host localhost", host_is("localhost"), deny},
      {"host _dmarc.example.com", host_is("_dmarc.example.com"), deny},
      // host: addresses by their canonical text
      {"host 192.0.2.7", host_is("192.0.2.7"), deny},
      {"host [2001:DB8:0::1]", host_is("2001:db8::1"), deny},
      {"host ::ffff:192.0.2.7", host_is("192.0.2.7"), deny},
      {"host .example.com", host_is("192.0.2.7"), allow},
      // addresses
      {"from 10.0.0.0/8", same, deny},
      {"from staff", same, deny},
      {"from private", same, deny},
      {"from 10.1.2.4, 192.0.2.0/24", same, allow},
      {"to 192.0.2.0/24", same, deny},
      {"to 192.0.2.7", same, deny},
      {"to ::/0", same, deny},
      {"to 2000::/3", same, allow},
      {"to self", same, allow},
      {"to private", [](Facts& f) { f.destination = address("64:ff9b::10.1.1.1"); }, deny},
      {"to private", [](Facts& f) { f.destination = address("100.64.0.1"); }, deny},
      {"to private", [](Facts& f) { f.destination = address("fd12::1"); }, deny},
      {"to local", [](Facts& f) { f.destination.reset(); }, undecided},
      {"not to local", [](Facts& f) { f.destination.reset(); }, undecided},
      {"to local", [](Facts& f) { f.destination.reset(), f.destination_resolved_elsewhere = true; }, allow},
      {"not to local", [](Facts& f) { f.destination.reset(), f.destination_resolved_elsewhere = true; }, deny},
      // ports
      {"port 80", same, deny},
      {"port 1-79, 81-65535", same, allow},
      {"port 8000-8100", port_is(8000), deny},
      {"port 8000-8100", port_is(8100), deny},
      {"port 8000-8100", port_is(8101), allow},
      // methods and schemes
      {"method GET, HEAD", same, deny},
      {"method POST", same, allow},
      {"method M-SEARCH", [](Facts& f) { f.method = "M-SEARCH"; }, deny},
      {"scheme http", same, deny},
      {"scheme HTTPS", same, allow},
      {"scheme http, https", connect, allow},
      {"not scheme https", connect, deny},
      // url
      {R"re(url ~ "\.exe(\?|$)")re", url_is("http://a/b.exe"), deny},
      {R"re(url ~ "\.exe(\?|$)")re", url_is("http://a/b.exe?c"), deny},
      {R"re(url ~ "\.exe(\?|$)")re", url_is("http://a/b.exec"), allow},
      {R"re(url ~ "\.exe")re", url_is("http://a/b.EXE"), allow},
      {R"re(url ~ "(?i)\.exe")re", url_is("http://a/b.EXE"), deny},
      {R"(url~"^https://","^http://www")", same, deny},
      {R"(url ~ "a\"b")", url_is("http://h/a\"b"), deny},
      {R"(url ~ "a\\b")", url_is("http://h/a\\b"), deny},
      {R"(url ~ "^www\.example\.com:443$")", connect, deny},
      {R"(url ~ "x.y")", url_is("http://h/x\xffy"), deny},  // octets, whatever they are
      {R"(url ~ "x.y")", url_is("http://h/x\ny"), deny},
      // and, not, unless
      {"host www.example.com port 80 method GET", same, deny},
      {"host www.example.com port 81", same, allow},
      {"not host www.example.com", same, allow},
      {"not host a.example, b.example", same, deny},
      {"not host www.example.com port 80", same, allow},  // `not` reaches over one condition
      {"unless host www.example.com", same, allow},
      {"unless host www.example.com port 81", same, deny},
      {"unless not port 80", same, deny},
      {"method GET unless from staff", same, allow},
      {"method GET unless from staff port 443", same, deny},
      {"port 80 not from staff", same, allow},
      // not yet known
      {"host a.example method GET", [](Facts& f) { f.method.reset(); }, allow},  // false whatever comes
      {"host www.example.com method GET", [](Facts& f) { f.method.reset(); }, undecided},
      {"method GET host a.example", [](Facts& f) { f.method.reset(); }, allow},
      {"method GET unless port 80", [](Facts& f) { f.method.reset(); }, allow},
      {"port 80 unless method GET", [](Facts& f) { f.method.reset(); }, undecided},
      {"port 80 unless method GET port 81", [](Facts& f) { f.method.reset(); }, deny},
      {"url ~ \"x\"", [](Facts& f) { f.url.reset(); }, undecided},
  };
  for (const Case& one : cases) { EXPECT_EQ(verdict_of(one), one.verdict) << one.condition; }
}

TEST(Language, KeepOpenIsForRulesThatStopSomething) {
  const auto policy = compiled("deny method CONNECT shadow keep-open reason \"no\"\ndeny port 25 keep-open\nallow\n");
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->rules()[0].keeps_open);
  EXPECT_EQ(policy->rules()[1].text, "deny port 25 keep-open");
  EXPECT_FALSE(policy->rules()[2].keeps_open);
  for (const auto* text : {"allow port 80 keep-open\nallow\n", "cache never port 80 keep-open\nallow\n",
                           "deny port 80 keep-open keep-open\nallow\n"}) {
    EXPECT_EQ(test::errors_of(text).size(), 1U) << text;
  }
}

TEST(Language, LetsTheFirstTrueRuleDecide) {
  const auto policy = compiled("allow host .example.com id first\ndeny host www.example.com id second\ndeny id last\n");
  EXPECT_EQ(policy->decide(a_request()).rule_id, "first");
  Facts facts = a_request();
  facts.host = "example.org";
  EXPECT_EQ(policy->decide(facts).rule_id, "last");
}

TEST(Language, MatchesTheUrlForSeveralRulesAtOnce) {
  const auto policy = compiled(
      "deny url ~ \"one\" id one\ndeny url ~ \"two\", \"zwei\" id two\nallow url ~ \"three\" unless url ~ "
      "\"drei\" id "
      "three\ndeny id last\n");
  const auto rule_for = [&](std::string_view text) {
    Facts facts = a_request();
    facts.url = text;
    return std::string(policy->decide(facts).rule_id);
  };
  EXPECT_EQ(rule_for("http://a/two-one"), "one");
  EXPECT_EQ(rule_for("http://a/zwei"), "two");
  EXPECT_EQ(rule_for("http://a/three"), "three");
  EXPECT_EQ(rule_for("http://a/three-drei"), "last");
  EXPECT_EQ(rule_for("http://a/"), "last");
}

TEST(Language, KeepsCommentsAndQuotesApart) {
  const auto policy = compiled(
      "  # a comment\n\n\tdeny host a.example # reason \"not this\"\ndeny host b.example reason \"# not a "
      "\\\"comment\\\"\" # "
      "but this\nallow\r\n");
  ASSERT_EQ(policy->rules().size(), 3u);
  EXPECT_EQ(policy->rules()[0].reason, "");
  EXPECT_EQ(policy->rules()[1].reason, "# not a \"comment\"");
  EXPECT_EQ(policy->rules()[1].line, 4);
  EXPECT_EQ(policy->rules()[1].text, "deny host b.example reason \"# not a \\\"comment\\\"\"");
}

TEST(Language, WritesRulesInOneCanonicalWay) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"deny   host WWW.Example.COM. , *.Example.NET", "deny host www.example.com, .example.net"},
      {"allow to ::ffff:10.0.0.0/104,2001:DB8::/32", "allow to 10.0.0.0/8, 2001:db8::/32"},
      {"deny port 80-80,90-95 not method GET", "deny port 80, 90-95 not method GET"},
      {"deny unless scheme HTTPS reason \"no\" id x", "deny unless scheme https reason \"no\" id x"},
      {R"(deny url~"a\"b\\"unless from 10.0.0.1 id y reason "z")",
       R"(deny url ~ "a\"b\\" unless from 10.0.0.1 reason "z" id y)"},
  };
  for (const auto& [written, canonical] : cases) {
    const auto policy = compiled(std::string(written) + "\nallow\n");
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->rules().front().text, canonical);
    EXPECT_EQ(compiled(std::string(canonical) + "\nallow\n")->rules().front().text, canonical);
  }
}

TEST(Language, SaysTheStageAtWhichARuleCanBeDecided) {
  const auto policy = compiled(
      "deny from 10.0.0.1 to 10.0.0.2 port 1\ndeny host a.example from 10.0.0.1\ndeny port 80 unless method "
      "GET\nallow\n");
  EXPECT_EQ(policy->rules()[0].stage, Stage::packet);
  EXPECT_EQ(policy->rules()[1].stage, Stage::connection);
  EXPECT_EQ(policy->rules()[2].stage, Stage::request);
  EXPECT_EQ(policy->rules()[3].stage, Stage::packet);
}

TEST(RuleIds, FollowFromWhatTheRuleDoes) {
  const auto id_of = [](std::string_view rule) {
    return compiled(std::string(rule) + "\nallow\n")->rules().front().id;
  };
  const std::string id = id_of("deny host a.example");
  EXPECT_EQ(id, id_of("  deny   host A.EXAMPLE. reason \"anything\"  # or so"));
  EXPECT_NE(id, id_of("allow host a.example"));
  EXPECT_NE(id, id_of("deny host .a.example"));
  EXPECT_EQ(id.size(), 8u);
  EXPECT_TRUE(id.starts_with("r-"));
}

// Ids stand in logs and notes: they are part of the language.
TEST(RuleIds, NeverChangeBetweenReleases) {
  const auto policy = compiled(default_policy_text());
  EXPECT_EQ(policy->rules()[0].id, "r-cc19f7");
  EXPECT_EQ(policy->rules()[1].id, "r-9e99ec");
  EXPECT_EQ(policy->rules()[2].id, "r-a8cb63");
  EXPECT_EQ(policy->rules()[3].id, "r-3c870e");
}

TEST(RuleIds, AreNumberedWhenTheyWouldBeTheSame) {
  const auto policy = compiled("deny host a.example\ndeny host a.example\nallow\n");
  const std::string id = policy->rules()[0].id;
  EXPECT_EQ(policy->rules()[1].id, id + "-2");
  const auto taken = compiled("deny host a.example\nallow host b.example id " + id + "\nallow\n");
  EXPECT_EQ(taken->rules()[0].id, id + "-2");
}

}  // namespace
}  // namespace sluice::policy
