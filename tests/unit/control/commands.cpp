#include <gtest/gtest.h>

#include "gateway/control/protocol.hpp"

namespace sluice::control {
namespace {

// What goes through the line comes out the same.
template <typename T>
T through_the_line(const T& value) {
  const auto reply = parse_reply(encode_result(value));
  EXPECT_TRUE(reply);
  const auto result = result_of<T>(*reply);
  EXPECT_TRUE(result);
  return *result;
}

TEST(ControlCommand, StatusSurvivesTheLine) {
  Status status;
  status.version = "0.1.0";
  status.pid = 4711;
  status.listeners = {{"127.0.0.1:3128", "explicit"}, {"[::1]:3128", "explicit"}};
  status.policy = {.version = 418, .rules = 12, .file = "/var/lib/sluice/policy.sluice", .alarm = ""};
  status.requests = {.total = 3, .by_outcome = {{"hit", 2}, {"miss", 1}}};
  status.hit_ratio = 0.75;
  status.memory = {.budget = 1ULL << 40, .used = 5, .rss = 6};
  status.memory_cache.evictions = 9;
  status.draining = true;
  const Status read = through_the_line(status);
  EXPECT_EQ(Json(read), Json(status));
  EXPECT_EQ(read.requests.by_outcome.at("hit"), 2U);
  EXPECT_EQ(read.listeners.at(1).address, "[::1]:3128");
  EXPECT_EQ(read.memory.budget, 1ULL << 40);
}

TEST(ControlCommand, PolicyListSurvivesTheLine) {
  const PolicyList list{.version = 7,
                        .file = "p",
                        .rules = {{.id = "r-1a2b3c",
                                   .verdict = "deny",
                                   .text = "deny url ~ \"\\.exe$\"",
                                   .reason = "HR-231",
                                   .owner = "ops",
                                   .ticket = "T-1",
                                   .shadow = true,
                                   .stage = "request",
                                   .file = "/p",
                                   .line = 4,
                                   .hits = 10,
                                   .first_hit = 1,
                                   .last_hit = 2}}};
  EXPECT_EQ(Json(through_the_line(list)), Json(list));
}

TEST(ControlCommand, PolicyTestSurvivesTheLine) {
  const PolicyTest test{.verdict = "deny",
                        .otherwise = "deny",
                        .waits_for = {"r-9"},
                        .url = "http://a.example/",
                        .rule_id = "r-1",
                        .rule = "deny",
                        .reason = "",
                        .shadow_id = "r-8",
                        .shadow_verdict = "allow",
                        .settings = {"cache never"},
                        .version = 2,
                        .stages = {{"packet", "undecided", "r-1"}},
                        .trace = {{"r-0", "allow port 80", "not_matched", "packet", 1}}};
  EXPECT_EQ(Json(through_the_line(test)), Json(test));
}

TEST(ControlCommand, StoredVariantsSurviveTheLine) {
  const CacheShow show{.key = "http://a.example/",
                       .variants = {{.tier = "memory",
                                     .variant = "",
                                     .status = 200,
                                     .age = 3,
                                     .ttl = -5,
                                     .size = 1024,
                                     .length = 4096,
                                     .spans = {{0, 511}, {1024, 1535}},
                                     .fields = {{"ETag", "\"x\""}}}}};
  const CacheShow read = through_the_line(show);
  EXPECT_EQ(Json(read), Json(show));
  EXPECT_EQ(read.variants.at(0).ttl, -5);
}

TEST(ControlCommand, MembersThatAnOlderDaemonDoesNotSendKeepTheirDefaults) {
  const auto status = result_of<Status>(Json::parse(R"({"version":"0.0.9"})"));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->version, "0.0.9");
  EXPECT_TRUE(status->listeners.empty());
}

TEST(ControlCommand, MembersComeInTheOrderOfTheStruct) {
  EXPECT_EQ(Json(MemoryStatus{3, 2, 1}).dump(), R"({"budget":3,"used":2,"rss":1})");
  EXPECT_EQ(Json(NoArguments{}).dump(), "{}");
}

TEST(ControlCommand, ResultOfTheWrongShapeIsAnErrorWithANextStep) {
  const auto status = result_of<Status>(Json::parse(R"({"pid":"many"})"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::failed);
  EXPECT_FALSE(status.error().next.empty());
}

}  // namespace
}  // namespace sluice::control
