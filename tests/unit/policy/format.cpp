#include "policy/format.hpp"

#include "support.hpp"

namespace sluice::policy {
namespace {

TEST(Formatting, GivesEveryTextOneLayout) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"", ""},
      {"\n\n\n", ""},
      {"allow", "allow\n"},
      {"  deny\thost  a.example ,b.example#why\r\n\n\n\nallow\n\n", "deny host a.example, b.example  #why\n\nallow\n"},
      {"# head  \n\n  # second\ndeny url~\"a  b\"", "# head\n\n# second\ndeny url ~ \"a  b\"\n"},
      {"deny url ~ \"a\\\"b\\\\\" ,\"c\"", "deny url ~ \"a\\\"b\\\\\", \"c\"\n"},
      {"not a rule , at all ~", "not a rule, at all ~\n"},
      {"  deny host \"open  ", "  deny host \"open\n"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(formatted(text), expected);
    EXPECT_EQ(formatted(expected), expected);
  }
}

// People's own letters stay; what the rule is called by is the ASCII form.
TEST(Formatting, KeepsANameAsItIsWritten) {
  constexpr std::string_view kText =
      "deny host b\xc3\xbc"
      "cher.example\nallow\n";
  EXPECT_EQ(formatted(kText), kText);
  const auto policy = test::compiled(kText);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->rules()[0].text, "deny host xn--bcher-kva.example");
  EXPECT_EQ(policy->rules()[0].id, test::compiled("deny host xn--bcher-kva.example\nallow\n")->rules()[0].id);
}

TEST(Formatting, ChangesNoRule) {
  constexpr std::string_view kText =
      "net  a 10.0.0.0/8 , 192.0.2.1 # c\n\n\ndeny  from a   url~\"x#y\"  reason \"p  q\"# d\n cache  ttl 1h\nallow";
  const auto before = test::compiled(kText);
  const auto after = test::compiled(formatted(kText));
  ASSERT_TRUE(before && after);
  ASSERT_EQ(before->rules().size(), after->rules().size());
  for (std::size_t i = 0; i < before->rules().size(); ++i) {
    EXPECT_EQ(before->rules()[i].text, after->rules()[i].text);
    EXPECT_EQ(before->rules()[i].id, after->rules()[i].id);
  }
}

TEST(Formatting, LeavesTheDefaultPolicyAsItIs) {
  EXPECT_EQ(formatted(default_policy_text()), default_policy_text());
}

}  // namespace
}  // namespace sluice::policy
