#include <array>

#include "policy/edit.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

using test::a_request;
using test::address;
using test::compiled;

test::SnapshotPtr the_default() {
  CompileOptions options;
  options.self = {*Prefix::parse("198.51.100.7"), *Prefix::parse("2001:db8:5::7")};
  return compiled(default_policy_text(), options);
}

constexpr std::array<std::string_view, 42> kOwnNetworks{
    "0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "::ffff:127.0.0.1", "::ffff:7f00:1", "169.254.169.254",
    "::ffff:a9fe:a9fe", "169.254.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "224.0.0.1",
    "239.255.255.255", "255.255.255.255",
    // IPv6 of its own
    "::", "::1", "fe80::1", "febf:ffff::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254",
    // IPv4-compatible, NAT64, 6to4
    "::127.0.0.1", "::169.254.169.254", "::0.0.0.2", "::255.255.255.255", "::100.100.100.200", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::", "64:ff9b::e000:1", "64:ff9b::ffff:ffff", "64:ff9b::192.0.0.192",
    "2002:7f00:1::", "2002:7fff:ffff:ffff::1", "2002:a9fe:a9fe::1", "2002:6464:64c8::", "2002::1",
    // the gateway itself
    "198.51.100.7", "2001:db8:5::7", "64:ff9b::198.51.100.7", "2002:c633:6407::1"};

TEST(DefaultPolicy, DeniesEverySpellingOfTheGatewaysOwnNetworks) {
  const auto policy = the_default();
  for (const std::string_view destination : kOwnNetworks) {
    for (const std::string_view method : {"GET", "CONNECT"}) {
      Facts facts = a_request();
      facts.destination = address(destination);
      facts.method = method;
      facts.port = 443;
      const Decision decision = policy->decide(facts);
      EXPECT_EQ(decision.verdict, Verdict::deny) << destination;
      EXPECT_EQ(decision.reason, "the gateway's own networks") << destination;
    }
  }
}

TEST(DefaultPolicy, AllowsTheNeighboursOfTheGatewaysOwnNetworks) {
  const auto policy = the_default();
  for (const std::string_view destination : {"1.0.0.0",
                                             "126.255.255.255",
                                             "128.0.0.0",
                                             "169.253.255.255",
                                             "169.255.0.0",
                                             "223.255.255.255",
                                             "10.0.0.1",
                                             "192.168.1.1",
                                             "100.100.100.199",
                                             "192.0.0.191",
                                             "198.51.100.6",
                                             "198.51.100.8",
                                             "fe00::1",
                                             "fec0::1",
                                             "2001:db8::1",
                                             "64:ff9b::8000:1",
                                             "64:ff9b:0:0:0:1:7f00:1",
                                             "2002:8000::1",
                                             "2001:db8:5::8",
                                             "fd00:ec2::253"}) {
    Facts facts = a_request();
    facts.destination = address(destination);
    EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow) << destination;
  }
}

TEST(DefaultPolicy, DoesNotReachItsAllowBeforeTheDestinationIsKnown) {
  const auto policy = the_default();
  Facts facts = a_request();
  facts.destination = {};
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::undecided);
  EXPECT_EQ(policy->decide(facts).rule_id, policy->rules().front().id);
  EXPECT_EQ(policy->decide(Facts{}).verdict, Verdict::undecided);
  facts.destination_resolved_elsewhere = true;
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow);
}

TEST(DefaultPolicy, StillDeniesAKnownOwnAddressWhenAnotherProxyWouldResolve) {
  Facts facts = a_request();
  facts.destination = address("127.0.0.1");
  facts.destination_resolved_elsewhere = true;
  EXPECT_EQ(the_default()->decide(facts).verdict, Verdict::deny);
}

TEST(DefaultPolicy, AllowsConnectToPort443Only) {
  const auto policy = the_default();
  Facts facts = a_request();
  facts.method = "CONNECT";
  facts.scheme = "";
  facts.port = 443;
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow);
  for (const std::uint16_t port : {0, 22, 25, 80, 444, 8443}) {
    facts.port = port;
    EXPECT_EQ(policy->decide(facts).reason, "CONNECT is allowed to port 443 only") << port;
  }
}

TEST(DefaultPolicy, DeniesATunnelInWhichAnotherNameIsAskedFor) {
  const auto policy = the_default();
  Facts facts = a_request();
  facts.method = "CONNECT";
  facts.scheme = "";
  facts.port = 443;
  facts.authority = "www.example.com";
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::undecided);
  facts.hello = Hello{.is_tls = true, .server_name = "www.example.com", .protocols = {}};
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow);
  facts.hello->server_name = "other.example";
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny);
  EXPECT_EQ(policy->decide(facts).reason, "the TLS server name is not the host that CONNECT named");
}

TEST(DefaultPolicy, DeniesPurgeUntilARuleNamesIt) {
  Facts facts = a_request();
  facts.method = "PURGE";
  EXPECT_EQ(the_default()->decide(facts).verdict, Verdict::deny);
  EXPECT_NE(the_default()->decide(facts).reason.find("names it"), std::string_view::npos);
  const struct {
    const char* rule;
    Verdict verdict;
  } cases[] = {
      {"allow method PURGE", Verdict::allow},
      {"allow method GET, PURGE", Verdict::allow},
      {"allow not method GET", Verdict::deny},
      {"allow unless method PURGE", Verdict::deny},
      {"allow method GET", Verdict::deny},
      {"deny method PURGE", Verdict::deny},
      {"allow method PURGE from 198.51.100.0/24", Verdict::deny},
  };
  for (const auto& each : cases) {
    const auto policy = compiled(std::string(each.rule) + "\nallow\n");
    EXPECT_EQ(policy->decide(facts).verdict, each.verdict) << each.rule;
    EXPECT_EQ(policy->explain(facts).back().outcome,
              each.verdict == Verdict::allow || each.rule == std::string_view("deny method PURGE")
                  ? Snapshot::Step::Outcome::matched
                  : Snapshot::Step::Outcome::passed_over)
        << each.rule;
  }
  facts.destination.reset();
  const auto waits = compiled("allow method PURGE to 198.51.100.0/24\nallow\n");
  EXPECT_EQ(waits->decide(facts).verdict, Verdict::undecided);
  const auto denied = compiled("deny to 198.51.100.0/24\nallow\n");
  EXPECT_EQ(denied->decide(facts).verdict, Verdict::deny) << "either way";
}

TEST(DefaultPolicy, DecidesASynToTheGatewaysOwnNetworksAtOnce) {
  Facts facts;
  facts.client = address("192.0.2.1");
  facts.destination = address("127.0.0.1");
  facts.port = 80;
  EXPECT_EQ(the_default()->decide(facts).verdict, Verdict::deny);
  facts.destination = address("192.0.2.7");
  EXPECT_EQ(the_default()->decide(facts).verdict, Verdict::undecided) << "it may become a CONNECT";
  facts.port = 443;
  EXPECT_EQ(the_default()->decide(facts).verdict, Verdict::undecided) << "a CONNECT may contradict itself";
  facts.authority = "192.0.2.7";
  EXPECT_EQ(the_default()->decide(facts).verdict, Verdict::allow) << "an address contradicts nothing";
}

TEST(DefaultPolicy, AllowsALocalOriginByOneLineAndNothingBesideIt) {
  const auto edited = add_rule(default_policy_text(), "allow to 127.0.0.1");
  ASSERT_TRUE(edited);
  const auto policy = compiled(edited->text);
  Facts facts = a_request();
  facts.destination = address("127.0.0.1");
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow);
  for (const std::string_view other : {"127.0.0.2", "::1", "64:ff9b::7f00:1", "169.254.169.254"}) {
    facts.destination = address(other);
    EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny) << other;
  }
}

TEST(DefaultPolicy, HasNoWarnings) {
  EXPECT_TRUE(the_default()->warnings().empty());
}

}  // namespace
}  // namespace sluice::policy
