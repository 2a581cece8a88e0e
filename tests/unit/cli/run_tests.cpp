#include "gateway/control/judge/run_tests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::control {
namespace {

PolicyTestsResult run(std::string_view text) {
  const auto snapshot = policy::Snapshot::compile(text, {});
  EXPECT_TRUE(snapshot) << text;
  return snapshot ? run_tests(**snapshot, std::chrono::sys_seconds(std::chrono::seconds(1'764'000'000)))
                  : PolicyTestsResult{};
}

TEST(PolicyTests, PassFailAndSayWhichRulesTheyCover) {
  const auto result =
      run("deny to local id guard\n"
          "deny host .bet.example during mon-fri 08:00-18:00 id work\n"
          "deny type image/* path /x id pictures\n"
          "deny field User-Agent ~ \"curl\" shadow id later\n"
          "allow id rest\n"
          "test \"at work\" { at \"tue 10:00\" url https://www.bet.example/ expect deny by work }\n"
          "test \"on Sunday\" { at \"sun 10:00\" url https://www.bet.example/ expect allow by rest }\n"
          "test \"picture\" { url http://a.example/x/y status 200 type image/png expect deny by pictures }\n"
          "test \"page\" { url http://a.example/x/y status 200 type text/html expect allow }\n"
          "test \"wrong\" { url http://a.example/ expect deny }\n"
          "test \"wrong rule\" { at \"tue 10:00\" url http://bet.example/ expect deny by guard }\n"
          "test \"no URL\" { url ://x expect deny }\n");
  EXPECT_EQ(result.passed, 4u);
  ASSERT_EQ(result.failures.size(), 3u);
  EXPECT_EQ(result.failures[0].name, "wrong");
  EXPECT_EQ(result.failures[0].line, 10);
  EXPECT_EQ(result.failures[0].message, "expected deny, got allow by rest");
  EXPECT_EQ(result.failures[1].message, "expected rule guard, got deny by work");
  EXPECT_THAT(result.failures[2].message, testing::HasSubstr("is not a target"));
  EXPECT_EQ(result.rules, 4u);
  EXPECT_EQ(result.uncovered, std::vector<std::string>{"guard"});
  const auto error = failed_tests(result, "next");
  EXPECT_EQ(error.code, ErrorCode::invalid_policy);
  EXPECT_EQ(error.message, "3 of 7 tests of the policy failed");
  EXPECT_EQ(error.diagnostics.size(), 3u);
}

}  // namespace
}  // namespace sluice::control
