#include <gtest/gtest.h>

#include "gateway/control/protocol.hpp"

namespace sluice::control {
namespace {

TEST(ControlMessage, RequestSurvivesTheLine) {
  const Request request{"cache.purge", UrlArguments{.url = "http://a.example/\n"}};
  const std::string line = encode(request);
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line, whatever the arguments hold";
  const auto parsed = parse_request(line);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->command, "cache.purge");
  const auto arguments = arguments_of<UrlArguments>(*parsed);
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->url, "http://a.example/\n");
}

TEST(ControlMessage, RequestWithoutArgumentsHasTheDefaults) {
  const auto request = parse_request(R"({"command":"log.tail"})");
  ASSERT_TRUE(request);
  const auto arguments = arguments_of<LogTailArguments>(*request);
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->lines, 10U);
  EXPECT_FALSE(arguments->follow);
}

TEST(ControlMessage, MalformedRequestsAreBadRequests) {
  for (const char* const line : {"", "{", "[]", "3", "{}", R"({"command":3})", R"({"command":"a","arguments":[]})",
                                 R"({"command":"status")", "\xff\xfe"}) {
    const auto request = parse_request(line);
    ASSERT_FALSE(request) << line;
    EXPECT_EQ(request.error().code, ErrorCode::bad_request) << line;
  }
}

TEST(ControlMessage, ArgumentOfTheWrongTypeIsNamed) {
  const auto request = parse_request(R"({"command":"policy.remove","arguments":{"id":12}})");
  ASSERT_TRUE(request);
  const auto arguments = arguments_of<PolicyRemoveArguments>(*request);
  ASSERT_FALSE(arguments);
  EXPECT_EQ(arguments.error().code, ErrorCode::bad_request);
  EXPECT_NE(arguments.error().message.find("policy.remove"), std::string::npos);
}

TEST(ControlMessage, UnknownArgumentIsRefused) {
  const auto request = parse_request(R"({"command":"cache.purge","arguments":{"uri":"http://a/"}})");
  ASSERT_TRUE(request);
  const auto arguments = arguments_of<UrlArguments>(*request);
  ASSERT_FALSE(arguments);
  EXPECT_NE(arguments.error().message.find("`uri`"), std::string::npos);
}

TEST(ControlMessage, ErrorSurvivesTheLineWithItsDiagnostics) {
  const Error error{ErrorCode::invalid_policy,
                    "the policy has 1 error",
                    "sluice policy check",
                    {{"error", "policy", 3, 7, "unknown condition", "deny hosts x", "policy:3:7: ..."}}};
  const auto reply = parse_reply(encode_error(error));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::invalid_policy);
  EXPECT_EQ(reply.error().message, "the policy has 1 error");
  EXPECT_EQ(reply.error().next, "sluice policy check");
  ASSERT_EQ(reply.error().diagnostics.size(), 1U);
  EXPECT_EQ(reply.error().diagnostics[0].line, 3);
}

TEST(ControlMessage, EveryErrorCodeKeepsItsWord) {
  for (int i = 0; i < static_cast<int>(ErrorCode::count_); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_FALSE(to_string(code).empty());
    EXPECT_EQ(error_code_of(to_string(code)), code);
  }
  EXPECT_EQ(error_code_of("a_word_of_tomorrow"), ErrorCode::failed);
}

TEST(ControlMessage, WhatIsNoReplyIsAnError) {
  for (const char* const line : {"", "hello", "{}", R"({"ok":1})", R"({"ok":false})", R"({"ok":false,"error":3})"}) {
    const auto reply = parse_reply(line);
    ASSERT_FALSE(reply) << line;
    EXPECT_EQ(reply.error().code, ErrorCode::failed) << line;
  }
}

TEST(ControlMessage, OctetsThatAreNotUtf8DoNotBreakAReply) {
  const auto reply = parse_reply(encode_result(LogLine{"GET http://a/\xff"}));
  ASSERT_TRUE(reply);
  EXPECT_EQ((*reply)["line"], "GET http://a/\xef\xbf\xbd");
}

}  // namespace
}  // namespace sluice::control
