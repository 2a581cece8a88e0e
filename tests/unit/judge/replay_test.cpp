#include "gateway/control/judge/replay.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

using namespace std::chrono_literals;

std::string line(std::string_view url, std::string_view verdict, std::string_view rule, std::string_view more = "") {
  const std::string_view method = url.contains("://") ? "GET" : "CONNECT";
  return R"({"time":"2026-02-03T04:05:06.007Z","client":"192.0.2.7","method":")" + std::string(method) +
         R"(","url":")" + std::string(url) + R"(","verdict":")" + std::string(verdict) + R"(","rule":")" +
         std::string(rule) + "\"" + std::string(more) + "}\n";
}

Replay::Result replayed(std::string_view policy, std::string text, std::chrono::sys_seconds since = {}) {
  const auto snapshot = policy::Snapshot::compile(policy, {});
  EXPECT_TRUE(snapshot);
  const auto size = text.size();
  text.append(LogReader::kPadding, ' ');
  Replay replay(**snapshot, since);
  replay.judge(std::string_view(text).substr(0, size));
  return replay.result();
}

TEST(Replay, CountsWhatChangedByRuleUserAndHost) {
  const auto result =
      replayed("deny host .games.example\nallow\n",
               line("http://games.example/a", "allow", "r-1", R"(,"status":200)") +
                   line("http://games.example/b", "allow", "r-1") +
                   line("http://x.games.example/", "allow", "r-1", R"(,"user":"ann")") +
                   line("http://news.example/", "deny", "r-ads") + line("http://games.example/", "deny", "r-2") +
                   line("www.example:443", "allow", "r-1"));
  EXPECT_EQ(result.judged, 6U);
  EXPECT_EQ(result.same, 2U);
  EXPECT_EQ(result.newly_denied, 3U);
  EXPECT_EQ(result.newly_allowed, 1U);
  ASSERT_EQ(result.denied.size(), 2U);
  const auto& [rule, user, host] = result.denied.begin()->first;
  EXPECT_TRUE(rule.starts_with("r-")) << rule;
  EXPECT_EQ(result.denied.at({rule, "", "games.example"}), 2U);
  EXPECT_EQ(result.denied.at({rule, "ann", "x.games.example"}), 1U);
  EXPECT_EQ(result.allowed.at({"r-ads", "", "news.example"}), 1U);
}

TEST(Replay, AnotherVerdictToTheSameEndIsCountedByItself) {
  const auto result =
      replayed("bypass host a.example\nredirect \"https://new.example/\" host b.example\nsplice\nallow\n",
               line("http://a.example/", "allow", "r-1") + line("http://b.example/", "deny", "r-2") +
                   line("www.example:443", "splice", "r-3") + line("http://b.example/", "allow", "r-4") +
                   line("http://a.example/", "redirect", "r-5"));
  EXPECT_EQ(result.otherwise, 2U);
  EXPECT_EQ(result.same, 1U);
  EXPECT_EQ(result.newly_denied, 1U);
  EXPECT_EQ(result.newly_allowed, 1U);
}

TEST(Replay, WhatHangsOnAFactThatTheLogLacksIsSaid) {
  const auto result = replayed("deny field X-Secret ~ \"1\"\nallow\n", line("http://a.example/", "allow", "r-1"));
  EXPECT_EQ(result.undecided, 1U);
  EXPECT_EQ(result.undecided_by.size(), 1U);
  EXPECT_EQ(result.same + result.newly_denied + result.newly_allowed, 0U);
}

TEST(Replay, WhatHangsOnAQueryThatWasStrippedIsNotDecided) {
  const auto stripped = [](std::string_view path) {
    return line("http://a.example" + std::string(path), "deny", "Q", R"(,"query":"stripped")");
  };
  for (const std::string_view rule : {"deny query debug", "deny url ~ \"secret=\"", "deny not query debug"}) {
    const auto result = replayed(std::string(rule) + "\nallow\n", stripped("/"));
    EXPECT_EQ(result.undecided, 1U) << rule;
  }
  const auto by_path = replayed("deny path /a\nallow\n", stripped("/a/b") + stripped("/c"));
  EXPECT_EQ(by_path.same, 1U);
  EXPECT_EQ(by_path.newly_allowed, 1U);
  EXPECT_EQ(replayed("deny host a.example\nallow\n", stripped("/")).same, 1U);
}

TEST(Replay, TheFieldsOfTheLogAreJudged) {
  constexpr std::string_view kPolicy =
      "deny field User-Agent ~ \"^Evil\"\ndeny field Referer ~ \"evil\"\n"
      "deny response field Content-Type ~ \"plain\"\nallow\n";
  const auto result =
      replayed(kPolicy, line("http://a.example/", "deny", "UA", R"(,"agent":"Evil/1")") +
                            line("http://a.example/", "deny", "REF", R"(,"referer":"http://evil.example/")") +
                            line("http://a.example/", "allow", "A", R"(,"status":200,"type":"text/html")") +
                            line("http://a.example/", "allow", "A", R"(,"status":200,"type":"text/plain")"));
  EXPECT_EQ(result.same, 3U);
  EXPECT_EQ(result.newly_denied, 1U);
  EXPECT_EQ(result.undecided, 0U);
}

TEST(Replay, AnAddressThatTheLogLacksIsNotInside) {
  const auto result =
      replayed("deny to 127.0.0.0/8\nallow\n", line("http://a.example/", "deny", "r-1") +
                                                   line("http://b.example/", "allow", "r-2", R"(,"to":"127.0.0.1")"));
  EXPECT_EQ(result.newly_allowed, 1U);
  EXPECT_EQ(result.newly_denied, 1U);
}

TEST(Replay, ResponsesAreJudgedToo) {
  const auto result =
      replayed("deny type application/x-msdownload\nallow\n",
               line("http://a.example/", "allow", "r-1", R"(,"status":200,"type":"application/x-msdownload")") +
                   line("http://a.example/", "allow", "r-1", R"(,"status":200,"type":"text/html")"));
  EXPECT_EQ(result.newly_denied, 1U);
  EXPECT_EQ(result.same, 1U);
}

TEST(Replay, LinesAheadOfTheTimeAndOthersAreLeftOut) {
  const auto text = line("http://a.example/", "allow", "r-1");
  EXPECT_EQ(replayed("deny\n", text, std::chrono::sys_seconds(1770091507s)).judged, 0U);
  EXPECT_EQ(replayed("deny\n", text, std::chrono::sys_seconds(1770091506s)).newly_denied, 1U);
  const auto mixed = replayed("deny\n", "nonsense\n\n" + text +
                                            R"({"time":"2026-02-03T04:05:06.007Z","status":400})"
                                            "\n");
  EXPECT_EQ(mixed.unreadable, 1U);
  EXPECT_EQ(mixed.not_asked, 1U);
  EXPECT_EQ(mixed.judged, 1U);
  EXPECT_FALSE(mixed.is_another_format());
  EXPECT_TRUE(replayed("deny\n", "nonsense\n").is_another_format());
  EXPECT_FALSE(replayed("deny\n", "").is_another_format());
  EXPECT_FALSE(replayed("deny\n", "nonsense\n" + text, std::chrono::sys_seconds(1770091507s)).is_another_format());
}

TEST(Replay, WhatHasNoVerdictIsCountedAsWhatItIs) {
  const auto without_verdict = [](std::string_view more) {
    return R"({"time":"2026-02-03T04:05:06.007Z","client":"192.0.2.7","method":"GET","url":"http://a.example/")" +
           std::string(more) + "}\n";
  };
  const auto result =
      replayed("deny\n", without_verdict(R"(,"status":407,"rule":"staff","error":"authentication_required")") +
                             without_verdict(R"(,"status":429,"limit":"few","error":"client_limit_reached")") +
                             without_verdict(R"(,"status":400,"error":"http_request_error")"));
  EXPECT_EQ(result.asked_for_user, 1U);
  EXPECT_EQ(result.limited, 1U);
  EXPECT_EQ(result.not_asked, 1U);
  EXPECT_EQ(result.judged + result.unreadable, 0U);
}

}  // namespace
}  // namespace sluice::control
