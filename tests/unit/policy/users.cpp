// Conditions on who the client is.

#include <array>

#include <gmock/gmock.h>

#include "support.hpp"

namespace sluice::policy {
namespace {

using test::a_request;
using test::compiled;
using testing::HasSubstr;

constexpr std::string_view kGroups = "group staff alice, bob\ngroup ops carol\n";

Facts request_of(std::optional<std::string_view> user) {
  Facts facts = a_request();
  facts.user = user;
  return facts;
}

struct Case {
  std::string_view condition;  // of the one rule, which denies, ahead of `allow`
  std::optional<std::string_view> user;
  Verdict verdict;
};

TEST(Users, AreNotYetKnownUntilSomebodySaysWhoTheyAre) {
  const Verdict allow = Verdict::allow;
  const Verdict deny = Verdict::deny;
  const Verdict undecided = Verdict::undecided;
  const std::vector<Case> cases{
      {"user alice", "alice", deny},
      {"user alice", "Alice", allow},  // upper and lower case differ
      {"user alice", "", allow},       // nobody is none of them
      {"user alice", std::nullopt, undecided},
      {"user bob, alice, bob", "bob", deny},
      {"user alice@EXAMPLE.COM, EXAMPLE\\bob, jörg", "EXAMPLE\\bob", deny},
      {"user jörg", "jörg", deny},
      {"not user alice", "alice", allow},
      {"not user alice", "bob", deny},
      {"not user alice", "", deny},
      {"not user alice", std::nullopt, undecided},
      {"group staff", "bob", deny},
      {"group staff", "carol", allow},
      {"group staff", "", allow},
      {"group staff", std::nullopt, undecided},
      {"group staff, ops", "carol", deny},
      {"not group staff", "carol", deny},
      {"host www.example.com unless group staff", "bob", allow},
      {"host www.example.com unless group staff", "", deny},
      {"host www.example.com unless group staff", std::nullopt, undecided},
      {"host other.example user alice", std::nullopt, allow},
      {"user @people", "dave", deny},
  };
  for (const auto& [condition, user, verdict] : cases) {
    const auto policy =
        compiled(std::string(kGroups) + "set people dave, erin\ndeny " + std::string(condition) + "\nallow\n");
    ASSERT_TRUE(policy) << condition;
    EXPECT_EQ(policy->decide(request_of(user)).verdict, verdict) << condition << " of " << user.value_or("?");
  }
}

TEST(Users, AreInTheGroupsThatTheirSourceNamesToo) {
  const auto policy = compiled(std::string(kGroups) + "deny group ops\nallow\n");
  ASSERT_TRUE(policy);
  constexpr std::array<std::string_view, 2> kElsewhere{"sales", "ops"};
  Facts facts = request_of("dave");
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow);
  facts.groups = kElsewhere;
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny);
}

TEST(Users, AreAskedForWhereTheVerdictMayDependOnThem) {
  // (rules ahead of `allow`, facts beyond the client known, the rule that waits)
  const std::vector<std::tuple<std::string_view, bool, std::string_view>> cases{
      {"deny user alice id a", true, "a"},
      {"deny user alice id a", false, "a"},
      {"deny host other.example user alice id a", true, ""},
      {"allow host www.example.com\ndeny not group staff id b", true, ""},
      {"deny not group staff host www.example.com id b", true, "b"},
      {"deny user alice shadow id a", true, ""},
      // The address is not known, and the user behind it matters only if that rule does not decide.
      {"deny to 10.0.0.0/8 id t\ndeny user alice id a", false, "a"},
      {"deny to 10.0.0.0/8 id t\nallow from 10.0.0.0/8 id f\ndeny user alice id a", false, ""},
      // Whoever it is, an exception holds that needs no user.
      {"deny to 10.0.0.0/8 unless user alice from 192.0.2.0/24 id x", false, ""},
      {"deny to 10.0.0.0/8 unless user alice from 10.0.0.0/8 id x", false, "x"},
      {"deny to 10.0.0.0/8 unless from 10.0.0.0/8 id x\ndeny group ops id g", false, "g"},
      {"deny type image/png unless group staff id r", true, "r"},
      {"deny status 404\nallow host .example.com\ndeny user alice", true, ""},
  };
  for (const auto& [rules, knows_address, waits] : cases) {
    const auto policy = compiled(std::string(kGroups) + std::string(rules) + "\nallow\n");
    ASSERT_TRUE(policy) << rules;
    Facts facts = request_of(std::nullopt);
    if (!knows_address) { facts.destination.reset(); }
    const Rule* const rule =
        policy->decide(facts).verdict == Verdict::undecided ? policy->rule_that_waits_for_user(facts) : nullptr;
    EXPECT_EQ(rule == nullptr ? std::string() : rule->id, waits) << rules;
    EXPECT_TRUE(policy->asks_for_users());
  }
}

TEST(Users, AreNotAskedForByAPolicyThatDoesNotSpeakOfThem) {
  const auto policy = compiled(std::string(kGroups) + "deny to 10.0.0.0/8\nallow\n");
  ASSERT_TRUE(policy);
  EXPECT_FALSE(policy->asks_for_users());
  Facts facts = request_of(std::nullopt);
  facts.destination.reset();
  EXPECT_EQ(policy->rule_that_waits_for_user(facts), nullptr);
  const auto setting = compiled("cache never user alice\nallow\n");
  ASSERT_TRUE(setting);
  EXPECT_TRUE(setting->asks_for_users()) << "a setting may apply to one of them";
  EXPECT_EQ(setting->rule_that_waits_for_user(facts), nullptr) << "but nobody is asked for it";
}

TEST(Users, AllowAPurgeOnlyWhereTheRuleNamesIt) {
  const auto policy = compiled("allow user alice\nallow method PURGE user ops\ndeny\n");
  ASSERT_TRUE(policy);
  Facts facts = request_of(std::nullopt);
  facts.method = "PURGE";
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::undecided);
  EXPECT_EQ(policy->rule_that_waits_for_user(facts), &policy->rules()[1]);
  facts.user = "alice";
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny);
  facts.user = "ops";
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow);
}

TEST(Users, SettingsOfAUserApplyOnceTheUserIsKnown) {
  const auto policy = compiled(
      "set request field X-Who \"staff\" user alice\nset request field X-Who \"other\" not user alice\nallow\n");
  ASSERT_TRUE(policy);
  const auto value_for = [&](std::optional<std::string_view> user) {
    Settings chosen;
    policy->choose(SettingStage::request, request_of(user), chosen);
    return chosen.fields.empty() ? std::string() : chosen.fields.front()->value;
  };
  EXPECT_EQ(value_for("alice"), "staff");
  EXPECT_EQ(value_for("bob"), "other");
  EXPECT_EQ(value_for(std::nullopt), "");
}

TEST(Users, AreWrittenAsTheReferenceSays) {
  const std::vector<std::tuple<std::string, int, std::string_view>> cases{
      {"deny user", 10, "the name of a user expected"},
      {"deny user a:b", 11, "has no `:`"},
      {"deny user \xff", 11, "not UTF-8"},
      {"deny user " + std::string(256, 'a'), 11, "more than 255"},
      {"deny group crew", 12, "unknown group `crew`; define it with `group crew USER, ...`"},
      {"deny group staf", 12, "did you mean `staff`?"},
      {"deny group a.b", 12, "is no group"},
      {"group staff dave", 7, "the group `staff` is defined on line 1 already"},
      {"group user dave", 7, "a word of the language"},
      {"group 1st dave", 7, "takes a name of letters"},
      {"group crew = dave", 12, "without `=`"},
      {"group crew dave erin", 17, "between two users stands a comma"},
      {"groop crew dave", 1, "did you mean `group`?"},
  };
  for (const auto& [line, column, message] : cases) {
    const auto errors = test::errors_of(std::string(kGroups) + line + "\nallow\n");
    ASSERT_FALSE(errors.empty()) << line;
    EXPECT_EQ(errors[0].column, column) << errors[0].text();
    EXPECT_THAT(errors[0].message, HasSubstr(std::string(message)));
  }
}

TEST(Users, AreKnownToTestsAndToWarningsAboutRulesThatAreNeverReached) {
  const auto policy = compiled(std::string(kGroups) +
                               "deny user alice, bob\ndeny user bob\ndeny group staff, ops\ndeny group ops\nallow\n"
                               "test \"t\" { user bob group staff url http://a.example/ expect deny }\n");
  ASSERT_TRUE(policy);
  ASSERT_EQ(policy->warnings().size(), 2u);
  EXPECT_EQ(policy->warnings()[0].line, 4);
  EXPECT_EQ(policy->warnings()[1].line, 6);
  EXPECT_EQ(policy->tests()[0].user, "bob");
  EXPECT_EQ(policy->tests()[0].group, "staff");
  EXPECT_TRUE(policy->has_group("ops"));
  EXPECT_FALSE(policy->has_group("crew"));
}

}  // namespace
}  // namespace sluice::policy
