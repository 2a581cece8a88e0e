// Conditions on what a client begins a tunnel with.

#include <array>

#include <gmock/gmock.h>

#include "policy/edit.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

using test::a_request;
using test::compiled;
using testing::HasSubstr;

constexpr std::array<std::string_view, 2> kProtocols{"h2", "http/1.1"};

Facts a_connect() {
  Facts facts = a_request();
  facts.method = "CONNECT";
  facts.scheme = "";
  facts.port = 443;
  facts.authority = facts.host = "www.example.com";
  facts.url = "www.example.com:443";
  facts.path_and_query = "";
  facts.has_no_response = true;
  return facts;
}

Hello tls(std::string_view server_name, bool has_ech = false) {
  return {.is_tls = true, .server_name = server_name, .protocols = kProtocols, .has_ech = has_ech};
}

struct Case {
  std::string_view condition;  // of the one rule, which denies, ahead of `allow`
  std::string_view authority;
  std::optional<Hello> hello;
  Verdict verdict;
};

TEST(HelloConditions, MeanWhatTheReferenceSays) {
  const Verdict allow = Verdict::allow;
  const Verdict deny = Verdict::deny;
  const Verdict undecided = Verdict::undecided;
  const std::string_view site = "www.example.com";
  const Hello none{};
  const std::vector<Case> cases{
      {"sni .example.com", site, tls("www.example.com"), deny},
      {"sni example.com", site, tls("www.example.com"), allow},
      {"sni other.example, www.example.com", site, tls("www.example.com"), deny},
      {"sni www.example.com", site, std::nullopt, undecided},
      {"sni www.example.com", site, tls(""), allow},
      {"sni www.example.com", site, none, allow},
      {"not sni www.example.com", site, none, deny},
      {"not sni www.example.com", site, tls(""), deny},
      {"not sni www.example.com", site, tls("www.example.com"), allow},
      {"alpn h2", site, tls(""), deny},
      {"alpn H2", site, tls(""), allow},
      {"alpn h3, http/1.1", site, tls(""), deny},
      {"alpn h2 alpn http/1.1", site, tls(""), deny},
      {"alpn h2 alpn h3", site, tls(""), allow},
      {"alpn h2", site, none, allow},
      {"alpn h2", site, std::nullopt, undecided},
      {"ech", site, tls("", true), deny},
      {"ech", site, tls("", false), allow},
      {"ech", site, none, allow},
      {"not ech", site, none, deny},
      {"ech", site, std::nullopt, undecided},
      {"ech sni public.example", site, tls("public.example", true), deny},
      {"method GET sni www.example.com", site, std::nullopt, allow},  // nobody has to know
      // Two names that differ contradict each other; an address claims no name, and who says nothing contradicts
      // nothing.
      {"inconsistent", site, tls("www.example.com"), allow},
      {"inconsistent", site, tls("example.com"), deny},
      {"inconsistent", site, tls("a.www.example.com"), deny},
      {"inconsistent", site, tls(""), allow},
      {"inconsistent", site, none, allow},
      {"inconsistent", site, std::nullopt, undecided},
      {"inconsistent", "192.0.2.7", std::nullopt, allow},
      {"inconsistent", "192.0.2.7", tls("www.example.com"), allow},
      {"inconsistent", "2001:db8::1", std::nullopt, allow},
      {"inconsistent", "", std::nullopt, allow},  // not a CONNECT
      {"not inconsistent", site, tls("other.example"), allow},
      {"inconsistent unless ech sni public.example", site, tls("public.example", true), allow},
      {"inconsistent unless ech sni public.example", site, tls("public.example", false), deny},
  };
  for (const auto& [condition, authority, hello, verdict] : cases) {
    const auto policy = compiled("deny " + std::string(condition) + "\nallow\n");
    ASSERT_TRUE(policy) << condition;
    Facts facts = a_connect();
    facts.authority = authority;
    facts.hello = hello;
    EXPECT_EQ(policy->decide(facts).verdict, verdict) << condition << ' ' << (hello ? hello->server_name : "unknown");
    EXPECT_TRUE(policy->asks_for_hello()) << condition;
    EXPECT_EQ(policy->rules().front().text, "deny " + std::string(condition));
  }
}

TEST(HelloConditions, AreDecidedWithTheConnection) {
  const auto policy = compiled("deny inconsistent\ndeny sni a.example method CONNECT\nallow\n");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->rules()[0].stage, Stage::connection);
  EXPECT_EQ(policy->rules()[1].stage, Stage::request);
}

TEST(HelloConditions, AreAskedForByVerdictsOnly) {
  EXPECT_FALSE(compiled("deny host a.example\nallow\n")->asks_for_hello());
  EXPECT_TRUE(compiled("deny ech shadow\nallow\n")->asks_for_hello());
  EXPECT_TRUE(compiled("deny host a.example unless alpn h2\nallow\n")->asks_for_hello());
  EXPECT_FALSE(compiled("set response field X \"y\" sni a.example\nallow\n")->asks_for_hello());
}

TEST(HelloConditions, AreRefusedWhereTheyCouldNotBeKnownOrMeanNothing) {
  const struct {
    std::string_view text;
    std::string_view message;
  } cases[] = {
      {"set request field X \"y\" sni a.example\nallow\n", "known when the TLS hello is"},
      {"connect to b.example inconsistent\nallow\n", "known when the TLS hello is"},
      {"deny sni\nallow\n", "a host"},
      {"deny alpn\nallow\n", "the name of a protocol"},
      {"deny alpn grün\nallow\n", "no name of a protocol"},
      {"deny ech yes\nallow\n", "unknown condition `yes`"},
      {"deny inconsistnt\nallow\n", "did you mean `inconsistent`"},
      {"net ech 10.0.0.0/8\nallow\n", "ech"},
      {"test \"x\" { url https://a.example/ hello quic expect deny }\nallow\n", "`tls` or `none`"},
      {"test \"x\" { url https://a.example/ hello none sni a.example expect deny }\nallow\n", "says nothing by TLS"},
      {"test \"x\" { url https://a.example/ sni 192.0.2.1 expect deny }\nallow\n", "no name that a client could send"},
  };
  for (const auto& [text, message] : cases) {
    const auto errors = test::errors_of(text);
    ASSERT_FALSE(errors.empty()) << text;
    EXPECT_THAT(errors.front().message, HasSubstr(std::string(message))) << text;
  }
}

TEST(HelloConditions, CoverEachOtherAsHostsAndWordsDo) {
  const struct {
    std::string_view text;
    bool is_covered;
  } cases[] = {
      {"deny sni .example.com\ndeny sni www.example.com\nallow\n", true},
      {"deny sni www.example.com\ndeny sni .example.com\nallow\n", false},
      {"deny alpn h2, h3\ndeny alpn h3\nallow\n", true},
      {"deny ech\ndeny ech sni a.example\nallow\n", true},
      {"deny inconsistent\ndeny inconsistent port 443\nallow\n", true},
      {"deny inconsistent\ndeny not inconsistent port 443\nallow\n", false},
  };
  for (const auto& [text, is_covered] : cases) {
    const auto policy = compiled(text);
    ASSERT_TRUE(policy) << text;
    EXPECT_EQ(policy->warnings().size(), is_covered ? 1u : 0u) << text;
  }
}

TEST(HelloConditions, StandInTests) {
  const auto policy = compiled(
      "deny inconsistent\nallow\n"
      "test \"a\" { url https://a.example/ sni A.Example. alpn h2 alpn http/1.1 ech expect allow }\n"
      "test \"b\" { url https://a.example/ hello tls expect allow }\n");
  ASSERT_TRUE(policy);
  const TestCase& test = policy->tests().front();
  EXPECT_EQ(test.sni, "a.example");
  EXPECT_EQ(test.alpn, (std::vector<std::string>{"h2", "http/1.1"}));
  EXPECT_TRUE(test.has_ech);
  EXPECT_EQ(policy->tests().back().hello, "tls");
}

// A name that is allowed does not open what another name leads to.
TEST(ConsistencyGuard, StaysAheadOfQuickEditsButOfItsOwnExceptions) {
  const std::string text(default_policy_text());
  const auto place = [&](std::string_view line) {
    const auto edited = add_rule(text, line, {});
    EXPECT_TRUE(edited) << line;
    if (!edited) { return std::pair(std::string::npos, std::string::npos); }
    return std::pair(edited->text.find(line), edited->text.find("\ndeny inconsistent"));
  };
  const auto [name, guard] = place("allow host www.example.com");
  EXPECT_GT(name, guard);
  const auto [exception, later_guard] = place("allow inconsistent authority www.example.com");
  EXPECT_LT(exception, later_guard);
  EXPECT_GT(exception,
            add_rule(text, "allow inconsistent authority www.example.com", {})->text.find("\ndeny to local"));
}

}  // namespace
}  // namespace sluice::policy
