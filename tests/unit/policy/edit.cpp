#include "policy/edit.hpp"

#include <gmock/gmock.h>

#include "support.hpp"

namespace sluice::policy {
namespace {

using test::a_request;
using test::address;
using test::compiled;
using testing::HasSubstr;

constexpr std::string_view kText =
    "# head of the file\n"
    "\n"
    "net staff 10.1.0.0/16   # people\n"
    "\n"
    "# own networks\n"
    "deny to local, self\n"
    "deny   to private  # inside\n"
    "\n"
    "# tunnels\n"
    "deny method CONNECT unless port 443\n"
    "allow\n";

std::string added(std::string_view text, std::string_view line) {
  const auto edited = add_rule(text, line);
  if (edited) { return edited->text; }
  ADD_FAILURE() << edited.error().front().text();
  return {};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(AddRule, PutsARuleAboutDestinationsFirstOfAll) {
  EXPECT_EQ(added(kText, "allow to 127.0.0.1"),
            replaced(std::string(kText), "# own networks\n", "allow to 127.0.0.1\n# own networks\n"));
}

TEST(AddRule, PutsOtherRulesBehindTheGuards) {
  for (const std::string line :
       {"deny host a.example", "allow host a.example from staff", "allow not to private", "deny unless to 10.0.0.1"}) {
    EXPECT_EQ(added(kText, line), replaced(std::string(kText), "# inside\n", "# inside\n" + line + "\n"));
  }
}

TEST(AddRule, KeepsTheLineAsItWasWritten) {
  const auto edited = add_rule(kText, "  deny   host A.example reason \"no\"  # ticket 7 \n");
  ASSERT_TRUE(edited);
  EXPECT_THAT(edited->text, HasSubstr("\ndeny   host A.example reason \"no\"  # ticket 7\n"));
  EXPECT_EQ(edited->rule_text, "deny host a.example reason \"no\"");
  const auto policy = compiled(edited->text);
  EXPECT_EQ(policy->rules()[2].id, edited->rule_id);
}

TEST(AddRule, DoesNotOpenTheOwnNetworksByAnAllowForAHost) {
  const std::vector<std::string_view> texts{
      default_policy_text(),
      "deny to local\nallow\n",
      "allow to 127.0.0.1\ndeny to local, self\nallow\n",
      "deny host evil.example\nallow to 127.0.0.1\ndeny to self, local\nallow\n",
      "allow from 10.9.9.9 to 192.0.2.1\nallow host b.example port 80\ndeny to local\nallow\n",
  };
  for (const std::string_view text : texts) {
    const auto policy = compiled(added(text, "allow host www.example.com"));
    ASSERT_TRUE(policy);
    Facts facts = a_request();
    facts.destination = address("127.0.0.2");
    EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny) << policy->text();
    facts.destination = {};
    EXPECT_EQ(policy->decide(facts).verdict, Verdict::undecided) << policy->text();
  }
}

TEST(AddRule, PutsADenyAheadOfTheRulesThatMightAllow) {
  const auto policy = compiled(added("allow host .example.com\ndeny to local\nallow\n", "deny host www.example.com"));
  EXPECT_EQ(policy->decide(a_request()).verdict, Verdict::deny);
}

TEST(AddRule, SaysWhatIsWrongWithTheLine) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"", "a rule expected"},
      {"# nothing", "a rule expected"},
      {"net x 10.0.0.1", "a rule expected"},
      {"deny", "without a condition"},
      {"allow reason \"x\"", "without a condition"},
      {"deny host a\nallow host b", "one line expected"},
      {"deny hots a", "did you mean `host`?"},
      {"deny from staf", "did you mean `staff`?"},
      {"deny url ~ \"(\"", "missing )"},
  };
  for (const auto& [line, message] : cases) {
    const auto edited = add_rule(kText, line);
    ASSERT_FALSE(edited) << line;
    EXPECT_THAT(edited.error().front().message, HasSubstr(std::string(message)));
  }
}

TEST(AddRule, RefusesATextThatIsWrongAlready) {
  EXPECT_FALSE(add_rule("deny hots a\nallow\n", "deny host a"));
  EXPECT_FALSE(add_rule("deny host a\n", "deny host b"));
  EXPECT_FALSE(add_rule("", "deny host b"));
}

TEST(RemoveRule, TakesOutTheOneLine) {
  const auto policy = compiled(kText);
  const auto edited = remove_rule(kText, policy->rules()[1].id);
  ASSERT_TRUE(edited);
  EXPECT_EQ(edited->text, replaced(std::string(kText), "deny   to private  # inside\n", ""));
  EXPECT_EQ(edited->rule_text, "deny to private");
  EXPECT_EQ(edited->rule_id, policy->rules()[1].id);
}

TEST(RemoveRule, NamesTheNearestId) {
  const auto edited = remove_rule("deny host a id gambling\nallow\n", "gambing");
  ASSERT_FALSE(edited);
  ASSERT_EQ(edited.error().size(), 1u);
  EXPECT_THAT(edited.error()[0].message, HasSubstr("no rule `gambing`; did you mean `gambling`?"));
}

TEST(RemoveRule, KeepsTheDefault) {
  const auto edited = remove_rule("deny host a\nallow id last\n", "last");
  ASSERT_FALSE(edited);
  EXPECT_THAT(edited.error()[0].message, HasSubstr("never implied"));
}

TEST(Edits, LeaveEveryOctetAsItWasWhenUndone) {
  const std::vector<std::string> texts{
      std::string(kText),
      std::string(default_policy_text()),
      "allow",
      "deny to local\nallow",
      "deny to local\r\n# dos\r\n\r\nallow\r\n",
      "\n\n\nallow\n\n# tail",
      "# head\nallow\n",
      "deny host a id x\ndeny host a id y\n\tallow   # end  ",
  };
  for (const std::string& text : texts) {
    for (const std::string_view line : {"allow to 127.0.0.1", "deny host zzz.example", "allow host zzz.example"}) {
      const auto there = add_rule(text, line);
      ASSERT_TRUE(there) << text;
      const auto back = remove_rule(there->text, there->rule_id);
      ASSERT_TRUE(back) << there->text;
      EXPECT_EQ(back->text, text);
    }
  }
}

TEST(Edits, KeepTheLineEndsOfTheText) {
  EXPECT_EQ(added("deny to local\r\nallow\r\n", "deny host a"), "deny to local\r\ndeny host a\r\nallow\r\n");
}

}  // namespace
}  // namespace sluice::policy
