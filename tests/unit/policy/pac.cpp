// What the script says; that it runs, and agrees with the policy, is shown by a system test with a real interpreter.

#include "policy/pac.hpp"

#include <gmock/gmock.h>

#include "support.hpp"

namespace sluice::policy {
namespace {

using test::compiled;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The decisions without the ids behind them.
std::vector<std::string> decisions(std::string_view text) {
  const auto policy = compiled(text);
  std::vector<std::string> lines;
  if (policy == nullptr) { return lines; }
  std::string_view rest = policy->pac().decisions;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    lines.emplace_back(line.substr(0, line.rfind("  //")));
  }
  return lines;
}

std::string why_not_said(std::string_view text) {
  const auto policy = compiled(text);
  return policy == nullptr || policy->pac().unsaid.empty() ? "" : policy->pac().unsaid.front().why;
}

TEST(Pac, SaysDirectWhereTheFirstRuleThatHoldsIsABypass) {
  EXPECT_THAT(decisions("bypass host .a.example, b.example\nallow\n"),
              ElementsAre("  if ((below(host, \"a.example\") || host == \"b.example\")) { return DIRECT; }"));
  EXPECT_THAT(decisions("bypass host a.example port 8000-8100, 443 scheme http\nallow\n"),
              ElementsAre("  if ((host == \"a.example\" && ((port >= 8000 && port <= 8100) || port == 443) && plain)) "
                          "{ return DIRECT; }"));
  EXPECT_THAT(decisions("bypass\n"), ElementsAre("  if (true) { return DIRECT; }"));
  EXPECT_THAT(decisions("allow\n"), ElementsAre());
}

TEST(Pac, GoesToTheProxyForWhatAnotherRuleAheadMayDecide) {
  EXPECT_THAT(decisions("deny host bad.a.example\nbypass host .a.example\nallow\n"),
              ElementsAre("  if (host == \"bad.a.example\") { return PROXY; }",
                          "  if (below(host, \"a.example\")) { return DIRECT; }"));
  EXPECT_THAT(decisions("deny host a.example user alice\nbypass host .a.example unless port 80\nallow\n"),
              ElementsAre("  if (host == \"a.example\") { return PROXY; }",
                          "  if ((below(host, \"a.example\") && !(port == 80))) { return DIRECT; }"));
  // What stands behind the last bypass rule makes no difference.
  EXPECT_THAT(decisions("bypass host a.example\ndeny host b.example\nallow\n"),
              ElementsAre("  if (host == \"a.example\") { return DIRECT; }"));
}

// The default policy has the guard ahead of where a quick edit puts a bypass.
TEST(Pac, TakesBrowsersForConsistent) {
  EXPECT_THAT(decisions("deny inconsistent\nbypass host .a.example\nallow\n"),
              ElementsAre("  if (below(host, \"a.example\")) { return DIRECT; }"));
  EXPECT_THAT(decisions("deny sni x.example\nbypass host a.example\nallow\n"),
              ElementsAre("  if (!plain) { return PROXY; }", "  if (host == \"a.example\") { return DIRECT; }"));
}

TEST(Pac, KnowsOfTheMethodWhetherItIsConnect) {
  EXPECT_THAT(decisions("deny method CONNECT unless port 443\nbypass host a.example\nallow\n"),
              ElementsAre("  if ((!plain && !(port == 443))) { return PROXY; }",
                          "  if (host == \"a.example\") { return DIRECT; }"));
  EXPECT_THAT(decisions("deny method POST\nbypass host a.example\nallow\n"),
              ElementsAre("  if (plain) { return PROXY; }", "  if (host == \"a.example\") { return DIRECT; }"));
}

TEST(Pac, TakesAddressesOfHostsThatAreWrittenAsOne) {
  EXPECT_THAT(decisions("bypass to 10.0.0.0/8\nallow\n"),
              ElementsAre("  if (areWithin(addresses, [[0, 0, 0, 0, 0, 65535, 2560, 0, 104]])) { return DIRECT; }"));
  EXPECT_THAT(decisions("deny host 10.1.2.3, a.example\nbypass to ::/0\nallow\n"),
              ElementsAre("  if ((within(address, [0, 0, 0, 0, 0, 65535, 2561, 515, 128]) || host == \"a.example\")) "
                          "{ return PROXY; }",
                          "  if (areWithin(addresses, [[0, 0, 0, 0, 0, 0, 0, 0, 0]])) { return DIRECT; }"));
}

TEST(Pac, IsNotSureOfWhatANameDoesNotResolveTo) {
  const std::string nets = "[[0, 0, 0, 0, 0, 65535, 2560, 0, 104]]";
  const std::string may_be_within = "(isName || mayBeWithin(addresses, " + nets + "))";
  EXPECT_THAT(decisions("bypass port 443 not to 10.0.0.0/8\nallow\n"),
              ElementsAre("  if ((port == 443 && !(" + may_be_within + "))) { return DIRECT; }"));
  EXPECT_THAT(decisions("bypass port 443 unless to 10.0.0.0/8\nallow\n"),
              ElementsAre("  if ((port == 443 && !(" + may_be_within + "))) { return DIRECT; }"));
  EXPECT_THAT(
      decisions("deny not to 10.0.0.0/8\nbypass\nallow\n"),
      ElementsAre("  if (!(areWithin(addresses, " + nets + "))) { return PROXY; }", "  if (true) { return DIRECT; }"));
  // The rule that guards the gateway's own networks forbids no name.
  EXPECT_THAT(
      decisions("deny to 10.0.0.0/8\nbypass\nallow\n"),
      ElementsAre("  if (mayBeWithin(addresses, " + nets + ")) { return PROXY; }", "  if (true) { return DIRECT; }"));
  EXPECT_EQ(why_not_said("bypass not to 10.0.0.0/8 user alice\nallow\n"), "it asks for `user`");
}

TEST(Pac, LeavesRulesOfPacketsAndShadowsAside) {
  EXPECT_THAT(decisions("quic reject\ndeny protocol udp\ndeny interface eth0\ndeny host a.example shadow\n"
                        "bypass host b.example shadow\nbypass host a.example\nallow\n"),
              ElementsAre("  if (host == \"a.example\") { return DIRECT; }"));
}

TEST(Pac, NamesTheRulesThatItCannotSay) {
  EXPECT_EQ(why_not_said("bypass user alice\nallow\n"), "it asks for `user`");
  EXPECT_EQ(why_not_said("bypass host a.example during mon\nallow\n"), "it asks for `during`");
  EXPECT_EQ(why_not_said("bypass host a.example unless from 10.0.0.1\nallow\n"), "it asks for `from`");
  EXPECT_EQ(why_not_said("bypass url ~ \"x\"\nallow\n"), "it asks for `url`");
  EXPECT_THAT(why_not_said("bypass mode reverse\nallow\n"), HasSubstr("never holds"));
  EXPECT_THAT(why_not_said("deny user alice id no-alice\nbypass host a.example\nallow\n"),
              HasSubstr("the rule no-alice ahead of it"));
  EXPECT_EQ(why_not_said("bypass host a.example\nallow\n"), "");
  // An earlier one that is not said does not hide those behind it.
  EXPECT_EQ(decisions("bypass user alice\nbypass host a.example\nallow\n").size(), 1u);
}

TEST(Pac, IsOneScriptWhateverTheRulesHold) {
  const auto policy = compiled("bypass user a\xe2\x80\xa8.b\nbypass host a.example\nallow\n");
  ASSERT_TRUE(policy);
  const std::string script = pac_text(policy->pac(), "gateway.example:3128");
  EXPECT_THAT(script, HasSubstr("var PROXY = \"PROXY gateway.example:3128\";\n"));
  EXPECT_THAT(script, HasSubstr("// Bypass rules that are not said here, so that the gateway decides: 1."));
  EXPECT_THAT(script, Not(HasSubstr("\xe2")));
  EXPECT_THAT(script, Not(HasSubstr("user")));
  EXPECT_TRUE(script.ends_with("  return PROXY;\n}\n"));
}

}  // namespace
}  // namespace sluice::policy
