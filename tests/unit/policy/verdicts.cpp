// The verdicts beside allow and deny, and what each stands for.

#include <gmock/gmock.h>

#include "policy/edit.hpp"
#include "policy/format.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

using test::a_request;
using test::compiled;
using test::errors_of;
using testing::HasSubstr;

Facts a_tunnel() {
  Facts facts = a_request();
  facts.method = "CONNECT";
  facts.scheme = facts.path_and_query = "";
  facts.authority = "www.example.com";
  facts.port = 443;
  facts.url = "www.example.com:443";
  facts.has_no_response = true;
  return facts;
}

Facts a_datagram() {
  Facts facts;
  facts.client = test::address("10.1.2.3");
  facts.destination = test::address("192.0.2.7");
  facts.protocol = "udp";
  facts.port = 443;
  return facts;
}

TEST(Verdicts, HaveOneWordEach) {
  for (std::size_t i = 1; i < kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    EXPECT_EQ(verdict_of(to_string(verdict)), verdict);
    EXPECT_NE(lets_pass(verdict), stops(verdict)) << to_string(verdict);
  }
  EXPECT_FALSE(verdict_of("undecided"));
  EXPECT_FALSE(verdict_of("permit"));
  EXPECT_FALSE(lets_pass(Verdict::undecided) || stops(Verdict::undecided));
}

TEST(Splice, HoldsForTunnelsOnly) {
  const auto policy = compiled("splice host .example.com\ndeny\n");
  EXPECT_EQ(policy->decide(a_tunnel()).verdict, Verdict::splice);
  EXPECT_EQ(policy->decide(a_request()).verdict, Verdict::deny);
  EXPECT_EQ(policy->rules()[0].stage, Stage::connection);
  Facts early = a_tunnel();
  early.authority = {};
  EXPECT_EQ(policy->decide(early).verdict, Verdict::undecided);
}

TEST(Splice, IsNoDefaultBecauseItDoesNotAlwaysHold) {
  EXPECT_THAT(errors_of("deny host a.example\nsplice\n").at(0).message, HasSubstr("default verdict"));
  const auto policy = compiled("splice\nallow\n");
  EXPECT_EQ(policy->decide(a_tunnel()).verdict, Verdict::splice);
  EXPECT_EQ(policy->decide(a_request()).verdict, Verdict::allow);
  EXPECT_TRUE(policy->warnings().empty());
}

TEST(Splice, CoversRulesAboutTunnels) {
  const auto policy = compiled("splice\ndeny authority .example.com\ndeny host .example.com\nallow\n");
  ASSERT_EQ(policy->warnings().size(), 1u);
  EXPECT_EQ(policy->warnings()[0].line, 2);
}

TEST(QuicReject, HoldsForUdpAtPort443) {
  const auto policy = compiled("quic reject\nallow\n");
  EXPECT_EQ(policy->decide(a_datagram()).verdict, Verdict::reject);
  EXPECT_EQ(policy->decide(a_tunnel()).verdict, Verdict::allow);
  EXPECT_EQ(policy->rules()[0].stage, Stage::packet);
  Facts dns = a_datagram();
  dns.port = 53;
  EXPECT_EQ(policy->decide(dns).verdict, Verdict::allow);
  Facts early = a_datagram();
  early.protocol = {};
  EXPECT_EQ(policy->decide(early).verdict, Verdict::undecided);
}

TEST(QuicReject, TakesConditionsButNoOtherProtocolOrPort) {
  const auto policy = compiled("quic   reject  from 10.1.0.0/16 unless host .example.com reason \"use TCP\"\nallow\n");
  EXPECT_EQ(policy->rules()[0].text, "quic reject from 10.1.0.0/16 unless host .example.com reason \"use TCP\"");
  EXPECT_THAT(errors_of("quic reject port 8443\nallow\n").at(0).message, HasSubstr("protocol udp port 443"));
  EXPECT_THAT(errors_of("quic reject unless protocol tcp\nallow\n").at(0).message, HasSubstr("protocol udp port 443"));
  EXPECT_THAT(errors_of("quic deny\nallow\n").at(0).message, HasSubstr("`quic` is followed by `reject`"));
}

TEST(Bypass, LetsPassAndMayBeTheDefault) {
  const auto policy = compiled("bypass host .intranet.example\ndeny method POST\nbypass\n");
  Facts facts = a_request();
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::bypass);
  facts.host = "www.intranet.example";
  facts.method = "POST";
  EXPECT_EQ(policy->decide(facts).rule_id, policy->rules()[0].id);
}

TEST(Redirect, LeadsToItsUrl) {
  const auto policy = compiled(
      "redirect 308 \"https://new.example{path}\" host old.example scheme http\n"
      "redirect \"https://portal.example/?from={url}&rule={rule}\" id portal\n");
  Facts facts = a_request();
  facts.host = "old.example";
  facts.path_and_query = "/a?b=c";
  const Decision decision = policy->decide(facts);
  EXPECT_EQ(decision.verdict, Verdict::redirect);
  EXPECT_EQ(policy->rules()[0].redirect->status, 308);
  EXPECT_EQ(policy->location(decision, facts), "https://new.example/a?b=c");
  const Decision other = policy->decide(a_request());
  EXPECT_EQ(policy->rules()[1].redirect->status, 302);
  EXPECT_EQ(policy->location(other, a_request()),
            "https://portal.example/?from=http%3A%2F%2Fwww.example.com%2F&rule=portal");
}

// Which of two redirects it is makes a difference, though their verdict is the same.
TEST(Redirect, IsNotDecidedWhileAnotherMayHold) {
  const auto policy = compiled("redirect \"http://a.example/\" to 10.0.0.0/8\nredirect \"http://b.example/\"\n");
  Facts facts = a_request();
  facts.destination = {};
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::undecided);
  facts.destination = test::address("192.0.2.1");
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::redirect);
}

TEST(Redirect, KeepsItsCanonicalText) {
  const auto policy = compiled("redirect   302 \"https://a.example/\"  host x.example\nallow\n");
  EXPECT_EQ(policy->rules()[0].text, "redirect \"https://a.example/\" host x.example");
  const auto other = compiled("redirect 303 \"https://a.example/\" host x.example\nallow\n");
  EXPECT_NE(other->rules()[0].id, policy->rules()[0].id);
  EXPECT_EQ(formatted("redirect  303  \"https://a.example/\"   host x.example # x\nquic  reject\nallow\n"),
            "redirect 303 \"https://a.example/\" host x.example  # x\nquic reject\nallow\n");
}

TEST(Verdicts, ThatLetPassOpenNothingForPurge) {
  Facts facts = a_request();
  facts.method = "PURGE";
  for (const char* const verdict : {"allow", "bypass"}) {
    EXPECT_EQ(compiled(std::string(verdict) + "\n")->decide(facts).verdict, Verdict::deny) << verdict;
    const auto named = compiled(std::string(verdict) + " method PURGE\ndeny\n");
    EXPECT_TRUE(lets_pass(named->decide(facts).verdict)) << verdict;
  }
}

TEST(Verdicts, ThatLetPassDoNotPassTheGuardByQuickEdits) {
  constexpr std::string_view kText = "deny host a.example\ndeny to local, self\nallow\n";
  for (const char* const verdict : {"allow", "splice", "bypass"}) {
    const auto edited = add_rule(kText, std::string(verdict) + " host b.example");
    ASSERT_TRUE(edited);
    EXPECT_EQ(edited->text,
              "deny host a.example\ndeny to local, self\n" + std::string(verdict) + " host b.example\nallow\n");
  }
  const auto redirected = add_rule(kText, "redirect \"https://x.example/\" host b.example");
  EXPECT_TRUE(redirected->text.starts_with("redirect "));
  EXPECT_TRUE(add_rule(kText, "quic reject"));
  EXPECT_TRUE(add_rule(kText, "splice"));
  EXPECT_FALSE(add_rule(kText, "bypass"));
}

TEST(Conditions, OnProtocolAndInterfaceAreThoseOfThePacket) {
  const auto policy = compiled("deny protocol UDP\ndeny interface eth0, wg0\nallow\n");
  EXPECT_EQ(policy->rules()[0].text, "deny protocol udp");
  EXPECT_EQ(policy->rules()[1].stage, Stage::packet);
  Facts facts = a_request();
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow);  // where the interface never becomes known
  facts.interface = "wg0";
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny);
  facts.interface = {};
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::undecided);
  EXPECT_THAT(errors_of("deny protocol sctp\nallow\n").at(0).message, HasSubstr("`tcp` or `udp`"));
  EXPECT_THAT(errors_of("deny interface eth0/1\nallow\n").at(0).message, HasSubstr("no name of an interface"));
  EXPECT_THAT(errors_of("deny interface a234567890123456\nallow\n").at(0).message, HasSubstr("no name of"));
}

TEST(TestCases, ExpectEveryVerdict) {
  const auto policy = compiled(
      "test \"a\" { url http://a/ protocol udp interface eth0 expect reject }\n"
      "test \"b\" { url http://a/ expect redirect \"https://b/\" by x }\n"
      "test \"c\" { url http://a/ expect splice }\nallow id x\n");
  EXPECT_EQ(policy->tests()[0].expected, Verdict::reject);
  EXPECT_EQ(policy->tests()[0].protocol, "udp");
  EXPECT_EQ(policy->tests()[0].interface, "eth0");
  EXPECT_EQ(policy->tests()[1].location, "https://b/");
  EXPECT_EQ(policy->tests()[1].by, "x");
  EXPECT_EQ(policy->tests()[2].expected, Verdict::splice);
}

}  // namespace
}  // namespace sluice::policy
