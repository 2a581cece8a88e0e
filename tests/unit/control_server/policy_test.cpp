#include "tests/unit/control_server/running_daemon.hpp"

namespace sluice::control::test {
namespace {

std::string verdict_for(Client& client, const std::string& url) {
  const auto test = client.ask_for<PolicyTest>(command::kPolicyTest, {{"url", url}});
  return test ? test->otherwise : test.error().message;
}

TEST(PolicyCommands, ListNamesTheRulesInOrderWithoutHitsThatNobodyCounted) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto answer = client.ask(command::kPolicyList);
  ASSERT_TRUE(answer);
  const auto list = result_of<PolicyList>(*answer);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->version, 1U);
  EXPECT_EQ(list->file, daemon.policy_file());
  ASSERT_EQ(list->rules.size(), 2U);
  EXPECT_EQ(list->rules[0].verdict, "deny");
  EXPECT_EQ(list->rules[0].reason, "HR-231");
  EXPECT_EQ(list->rules[1].line, 2);
  EXPECT_FALSE((*answer)["rules"][0].contains("hits"));
}

TEST(PolicyCommands, ARuleIsAddedJudgesIsListedAndIsRemoved) {
  RunningDaemon daemon;
  daemon.set_tunnels_to_close(2);
  const auto before = daemon.policy_text();
  Client client(daemon.socket());
  EXPECT_EQ(verdict_for(client, "http://new.example/"), "allow");

  const auto added = client.ask_for<PolicyChange>(command::kPolicyAdd,
                                                  {{"line", "deny host .new.example"}, {"message", "it is \"new\""}});
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(added->version, 2U);
  EXPECT_EQ(added->tunnels_closed, 2U);
  EXPECT_EQ(added->rule.verdict, "deny");
  EXPECT_EQ(added->rule.reason, "it is \"new\"");
  EXPECT_FALSE(added->rule.id.empty());
  EXPECT_EQ(verdict_for(client, "http://new.example/"), "deny");
  EXPECT_EQ(daemon.policy()->version(), 2U);
  EXPECT_NE(daemon.policy_text().find(".new.example"), std::string::npos);
  EXPECT_EQ(client.ask_for<PolicyList>(command::kPolicyList)->rules.size(), 3U);

  const auto removed = client.ask_for<PolicyChange>(command::kPolicyRemove, {{"id", added->rule.id}});
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(removed->rule.id, added->rule.id);
  EXPECT_EQ(removed->rule.verdict, "deny");
  EXPECT_EQ(removed->version, 3U);
  EXPECT_EQ(verdict_for(client, "http://new.example/"), "allow");
  EXPECT_EQ(daemon.policy_text(), before);
}

TEST(PolicyCommands, AReasonStandsAheadOfTheComment) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto added = client.ask_for<PolicyChange>(
      command::kPolicyAdd, {{"line", "deny host .c.example # ticket 4"}, {"message", "back\\slash"}});
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(added->rule.reason, "back\\slash");
  EXPECT_NE(daemon.policy_text().find("# ticket 4"), std::string::npos);
}

TEST(PolicyCommands, AReasonInTheLineStands) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  for (const char* message : {"mine", "another"}) {
    const auto line = std::string("deny host .") + message + ".example reason \"mine\"";
    const auto added = client.ask_for<PolicyChange>(command::kPolicyAdd, {{"line", line}, {"message", message}});
    ASSERT_TRUE(added) << added.error().message;
    EXPECT_EQ(added->rule.reason, "mine");
  }
}

TEST(PolicyCommands, WhatIsWrongIsRefusedWithItsPlaceAndChangesNothing) {
  struct Case {
    const char* name;
    std::string_view command;
    Json arguments;
    ErrorCode code;
  };
  const Case cases[] = {
      {"unknown condition", command::kPolicyAdd, {{"line", "deny hsot a.example"}}, ErrorCode::invalid_policy},
      {"two lines", command::kPolicyAdd, {{"line", "deny host a.example\nallow"}}, ErrorCode::invalid_policy},
      {"a line feed in the reason",
       command::kPolicyAdd,
       {{"line", "deny host a.example"}, {"message", "x\nallow"}},
       ErrorCode::invalid_policy},
      {"nothing", command::kPolicyAdd, Json::object(), ErrorCode::invalid_policy},
      {"no such rule", command::kPolicyRemove, {{"id", "r-none"}}, ErrorCode::not_found},
  };
  RunningDaemon daemon;
  const auto before = daemon.policy_text();
  Client client(daemon.socket());
  for (const auto& [name, command, arguments, code] : cases) {
    const auto answer = client.ask(command, arguments);
    ASSERT_FALSE(answer) << name;
    EXPECT_EQ(answer.error().code, code) << name;
    EXPECT_FALSE(answer.error().next.empty()) << name;
  }
  EXPECT_EQ(daemon.policy_text(), before);
  EXPECT_EQ(daemon.policy()->version(), 1U);
}

TEST(PolicyCommands, ReloadTakesAnEditByHandAndRefusesABadOne) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  RunningDaemon::write_file(daemon.policy_file(), "deny host .hand.example\nallow\n");
  const auto reloaded = client.ask_for<PolicyReload>(command::kPolicyReload);
  ASSERT_TRUE(reloaded) << reloaded.error().message;
  EXPECT_EQ(reloaded->version, 2U);
  EXPECT_EQ(reloaded->rules, 2U);
  EXPECT_EQ(verdict_for(client, "http://www.hand.example/"), "deny");

  RunningDaemon::write_file(daemon.policy_file(), "deny hsot x\n");
  const auto refused = client.ask(command::kPolicyReload);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_policy);
  EXPECT_EQ(refused.error().diagnostics.at(0).line, 1);
  EXPECT_EQ(refused.error().diagnostics.at(0).file, daemon.policy_file());
  EXPECT_EQ(daemon.policy()->version(), 2U);
  EXPECT_EQ(verdict_for(client, "http://www.hand.example/"), "deny");

  // Nor is a text edited that nobody could read.
  const auto removed = client.ask(command::kPolicyRemove, {{"id", "r-none"}});
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::invalid_policy);
  EXPECT_EQ(daemon.policy_text(), "deny hsot x\n");
}

TEST(PolicyCommands, AQuickEditPutsNoEditByHandInForce) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto added = client.ask_for<PolicyChange>(command::kPolicyAdd, {{"line", "deny host .a.example"}});
  ASSERT_TRUE(added);
  const auto text = daemon.policy_text();
  const auto by_hand = "deny host .hand.example id hand\n" + text;
  RunningDaemon::write_file(daemon.policy_file(), by_hand);
  const auto expect_refused = [&](std::string_view command, const Json& arguments, const std::string& what) {
    const auto refused = client.ask(command, arguments);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::failed);
    EXPECT_NE(refused.error().message.find(what), std::string::npos) << refused.error().message;
    EXPECT_EQ(refused.error().next, "sluice policy reload");
  };
  expect_refused(command::kPolicyAdd, {{"line", "allow host ok.example"}, {"message", "HR-1"}},
                 "it has other lines than v2 (+ deny host .hand.example id hand)");
  expect_refused(command::kPolicyRemove, {{"id", added->rule.id}}, "(+ deny host .hand.example id hand)");
  EXPECT_EQ(daemon.policy()->version(), 2U);
  EXPECT_EQ(daemon.policy_text(), by_hand);
  EXPECT_EQ(verdict_for(client, "http://www.hand.example/"), "allow");

  RunningDaemon::write_file(daemon.policy_file(), text + "# by hand\n");
  expect_refused(command::kPolicyAdd, {{"line", "allow host ok.example"}}, "it has other comments");
  EXPECT_TRUE(client.ask(command::kPolicyReload));
  EXPECT_TRUE(client.ask(command::kPolicyAdd, {{"line", "allow host ok.example"}}));
  EXPECT_EQ(daemon.policy()->version(), 4U);
}

TEST(PolicyCommands, AQuickEditSeesAnIncludedFileThatWasEditedByHand) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto included = daemon.in("extra.sluice");
  RunningDaemon::write_file(included, "\ndeny host .x.example id extra\n");
  RunningDaemon::write_file(daemon.policy_file(), "include \"extra.sluice\"\nallow\n");
  ASSERT_TRUE(client.ask(command::kPolicyReload));
  const auto removed = client.ask(command::kPolicyRemove, {{"id", "extra"}});
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::failed);
  EXPECT_NE(removed.error().message.find("an included file, at " + included + ":2"), std::string::npos);

  RunningDaemon::write_file(included, "deny host .y.example id extra\n");
  const auto added = client.ask(command::kPolicyAdd, {{"line", "deny host .a.example"}});
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().message.find("~ deny host .y.example"), std::string::npos) << added.error().message;
}

TEST(PolicyCommands, AReasonMayEndInABackslash) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto added =
      client.ask_for<PolicyChange>(command::kPolicyAdd, {{"line", "deny host a.example"}, {"message", "x\\"}});
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(added->rule.reason, "x\\ ");
}

TEST(PolicyCommands, AnUnchangedTextKeepsItsVersion) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  EXPECT_EQ(client.ask_for<PolicyReload>(command::kPolicyReload)->version, 1U);
  EXPECT_EQ(client.ask_for<PolicyReload>(command::kPolicyReload)->version, 1U);
}

TEST(PolicyCommands, AFileThatHasGoneIsNoReasonForTheDefaultPolicy) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  std::filesystem::remove(daemon.policy_file());
  EXPECT_FALSE(client.ask(command::kPolicyReload));
  EXPECT_FALSE(std::filesystem::exists(daemon.policy_file()));
  EXPECT_EQ(verdict_for(client, "http://denied.example/"), "deny");
}

TEST(PolicyCommands, ADirectoryThatCannotBeWrittenLeavesThePolicyAsItWas) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  std::filesystem::create_directory(daemon.policy_file() + ".new");  // where the new text would be written
  const auto before = daemon.policy_text();
  const auto answer = client.ask(command::kPolicyAdd, {{"line", "deny host .a.example"}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::failed);
  EXPECT_EQ(daemon.policy_text(), before);
  EXPECT_EQ(daemon.policy()->version(), 1U);
  std::filesystem::remove(daemon.policy_file() + ".new");
  EXPECT_TRUE(client.ask(command::kPolicyAdd, {{"line", "deny host .a.example"}}));
}

TEST(PolicyCommands, VersionsAreNotGivenTwice) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  std::uint64_t last = 1;
  for (int i = 0; i < 4; ++i) {
    if (i == 2) { std::filesystem::remove_all(daemon.in("policy.versions")); }
    const auto line = "deny host .n" + std::to_string(i) + ".example";
    const auto added = client.ask_for<PolicyChange>(command::kPolicyAdd, {{"line", line}});
    ASSERT_TRUE(added) << added.error().message;
    EXPECT_GT(added->version, last);
    last = added->version;
  }
}

}  // namespace
}  // namespace sluice::control::test
