#include "tools/sluice/policy_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/snapshot.hpp"

namespace sluice::cli {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'764'000'030)};  // 2025-11-24 16:00:30 UTC

QuickEdit deny(std::string what) {
  QuickEdit edit;
  edit.verdict = "deny";
  edit.what = std::move(what);
  return edit;
}

// The line, which must be good policy.
std::string line_of(const QuickEdit& edit) {
  const auto line = policy_line(edit, kNow);
  EXPECT_TRUE(line) << (line ? "" : line.error());
  if (!line) { return ""; }
  const auto snapshot = policy::Snapshot::compile(*line + "\nallow\n", {});
  EXPECT_TRUE(snapshot) << *line;
  return *line;
}

TEST(PolicyLine, ABareNameMeansTheDomainAndEverythingBelow) {
  for (const char* const name : {"gambling.example", ".gambling.example", "*.gambling.example", "Gambling.Example."}) {
    EXPECT_EQ(line_of(deny(name)), "deny host .gambling.example") << name;
  }
}

TEST(PolicyLine, ANameMayHaveOtherThanAsciiLetters) {
  EXPECT_EQ(line_of(deny("*.B\xc3\xbc"
                         "cher.example")),
            "deny host .xn--bcher-kva.example");
  EXPECT_EQ(line_of(deny("https://b\xc3\xbc"
                         "cher.example/x")),
            "deny host xn--bcher-kva.example port 443");
  EXPECT_FALSE(policy_line(deny("b\xc3.example"), kNow)) << "not UTF-8";
}

TEST(PolicyLine, ExactMeansTheNameOnly) {
  QuickEdit edit = deny("a.example");
  edit.exact = true;
  EXPECT_EQ(line_of(edit), "deny host a.example");
}

TEST(PolicyLine, AnAddressOrPrefixIsWhatIsConnected) {
  EXPECT_EQ(line_of(deny("10.0.0.0/8")), "deny to 10.0.0.0/8");
  EXPECT_EQ(line_of(deny("192.0.2.1")), "deny to 192.0.2.1");
  EXPECT_EQ(line_of(deny("2001:db8::/32")), "deny to 2001:db8::/32");
}

TEST(PolicyLine, AUrlMatchesItselfAndWhatBeginsWithIt) {
  EXPECT_EQ(line_of(deny("HTTP://A.example:80/x.y?(z)")), R"re(deny url ~ "^http://a\.example/x\.y\?\(z\)")re");
  EXPECT_EQ(line_of(deny("http://a.example")), R"re(deny url ~ "^http://a\.example/")re");
}

TEST(PolicyLine, AnHttpsUrlIsItsHostAndPort) {
  EXPECT_EQ(line_of(deny("https://A.example/path")), "deny host a.example port 443");
  EXPECT_EQ(line_of(deny("https://a.example:8443")), "deny host a.example port 8443");
  EXPECT_EQ(line_of(deny("https://192.0.2.1/")), "deny to 192.0.2.1 port 443");
}

TEST(PolicyLine, EveryOptionBecomesACondition) {
  QuickEdit edit = deny("a.example");
  edit.from = {"10.0.0.0/8", "192.0.2.1"};
  edit.to = {"198.51.100.0/24"};
  edit.ports = {"80", "8080"};
  edit.methods = {"post"};
  edit.scheme = "http";
  edit.message = "say \"no\"";
  EXPECT_EQ(line_of(edit),
            "deny host .a.example from 10.0.0.0/8, 192.0.2.1 to 198.51.100.0/24 port 80, 8080 method POST scheme http "
            "reason \"say \\\"no\\\"\"");
}

TEST(PolicyLine, ARuleMayEndBeInForceAtTimesAndOnlyBeLogged) {
  QuickEdit edit = deny("a.example");
  edit.valid_for = "2h";
  edit.during = "mon-fri 08:00-18:00 Europe/Berlin";
  edit.shadow = true;
  edit.message = "x";
  EXPECT_EQ(line_of(edit),
            "deny host .a.example during mon-fri 08:00-18:00 Europe/Berlin until 2025-11-24 18:01 shadow reason \"x\"");
  edit.valid_for = "0s";
  EXPECT_FALSE(policy_line(edit, kNow));
  edit.valid_for = "soon";
  EXPECT_THAT(policy_line(edit, kNow).error(), testing::HasSubstr("no duration"));
}

TEST(PolicyLine, AnExpressionIsTakenAsItIs) {
  QuickEdit edit = deny("");
  edit.url_regex = R"re(\.exe(\?|$))re";
  EXPECT_EQ(line_of(edit), R"re(deny url ~ "\.exe(\?|$)")re");
}

TEST(PolicyLine, AReasonMayHaveAnyCharacters) {
  const auto reason_of = [](const std::string& message) {
    QuickEdit edit = deny("a.example");
    edit.message = message;
    const auto snapshot = policy::Snapshot::compile(line_of(edit) + "\nallow\n", {});
    EXPECT_TRUE(snapshot) << message;
    return snapshot ? (*snapshot)->rules().front().reason : std::string();
  };
  for (const std::string message : {R"(say "no")", R"(C:\dir\file)", R"(two \\)", R"(two \\" and on)", R"(")", R"("")",
                                    "# no comment", "a, b ~ c", "it's", "$HOME `x` %s",
                                    "b\xc3\xbc"
                                    "cher",
                                    "reason \"x\" shadow", "{}", "\\n"}) {
    EXPECT_EQ(reason_of(message), message);
  }
  // Not to be written in the language: a blank keeps the backslash from the quote behind it.
  EXPECT_EQ(reason_of(R"(ends with \)"), R"(ends with \ )");
  EXPECT_EQ(reason_of(R"(a\"b)"), R"(a\ "b)");
  EXPECT_EQ(reason_of(R"(three \\\)"), R"(three \\\ )");
}

TEST(PolicyLine, NoValueOfAnOptionBeginsAnotherPartOfTheRule) {
  for (const std::string word : {"80 shadow", "a\"b", "x#", "", "a\tb", "~"}) {
    for (const auto member : {&QuickEdit::from, &QuickEdit::to, &QuickEdit::users, &QuickEdit::groups,
                              &QuickEdit::ports, &QuickEdit::methods}) {
      QuickEdit edit = deny("a.example");
      (edit.*member) = {word};
      EXPECT_FALSE(policy_line(edit, kNow)) << word;
    }
  }
}

TEST(PolicyLine, AnExpressionMayHaveQuotesAndNoOpenBackslash) {
  QuickEdit edit = deny("");
  edit.url_regex = R"re(a\"b"c\\)re";
  EXPECT_EQ(line_of(edit), R"re(deny url ~ "a\"b\"c\\")re");
  edit.url_regex = "a\\";
  EXPECT_FALSE(policy_line(edit, kNow));
}

TEST(PolicyLine, SaysThatHttpsHasNoPath) {
  EXPECT_THAT(left_out_of(deny("HTTPS://u.example/ads/")), testing::StartsWith("`/ads/` is left out"));
  EXPECT_THAT(left_out_of(deny("https://u.example?x")), testing::StartsWith("`?x` is left out"));
  for (const char* const what : {"https://u.example/", "https://u.example", "http://u.example/ads/", "u.example", ""}) {
    EXPECT_EQ(left_out_of(deny(what)), "") << what;
  }
}

TEST(PolicyLine, ARedirectHasItsUrlAheadOfTheConditions) {
  QuickEdit edit = deny("old.example");
  edit.verdict = "redirect";
  edit.redirect_to = "https://new.example{path}";
  EXPECT_EQ(line_of(edit), "redirect \"https://new.example{path}\" host .old.example");
  edit.redirect_status = 308;
  edit.scheme = "http";
  EXPECT_EQ(line_of(edit), "redirect 308 \"https://new.example{path}\" host .old.example scheme http");
  edit.redirect_to = "https://a\nallow";
  EXPECT_FALSE(policy_line(edit, kNow));
  edit.redirect_to = "https://new.example/";
  edit.what.clear();
  edit.scheme.clear();
  EXPECT_THAT(policy_line(edit, kNow).error(), testing::HasSubstr("everything"));
}

TEST(PolicyLine, NamesInOtherLettersBecomeALabels) {
  EXPECT_EQ(policy_line(deny("bücher.example"), kNow), "deny host .xn--bcher-kva.example");
}

TEST(PolicyLine, WhatCannotBeMeantIsRefused) {
  EXPECT_THAT(policy_line(deny(""), kNow).error(), testing::HasSubstr("everything"));
  EXPECT_THAT(policy_line(deny("a b"), kNow).error(), testing::HasSubstr("--url-regex"));
  EXPECT_THAT(policy_line(deny("ftp://a.example/"), kNow).error(), testing::HasSubstr("is not a URL"));
  EXPECT_FALSE(policy_line(deny("."), kNow));
}

TEST(PolicyLine, UsersAndGroupsAreConditions) {
  QuickEdit edit = deny("a.example");
  edit.from = {"10.0.0.0/8"};
  edit.users = {"alice", "EXAMPLE\\bob"};
  EXPECT_EQ(line_of(edit), "deny host .a.example from 10.0.0.0/8 user alice, EXAMPLE\\bob");
  edit.groups = {"staff"};
  EXPECT_EQ(policy_line(edit, kNow), "deny host .a.example from 10.0.0.0/8 user alice, EXAMPLE\\bob group staff");
  for (const char* const word : {"a shadow", "a,b", "a~", "a#b", "a\"b", ""}) {
    edit.users = {word};
    EXPECT_THAT(policy_line(edit, kNow).error(), testing::HasSubstr("is no value that a rule could have")) << word;
  }
}

TEST(PolicyLine, ServerNamesMeanWhatIsBelowThemToo) {
  QuickEdit edit = deny("");
  edit.server_names = {"Tracker.example", "*.ads.example", "metrics.example."};
  EXPECT_EQ(line_of(edit), "deny sni .tracker.example, .ads.example, .metrics.example");
  edit.what = "a.example";
  edit.exact = true;
  edit.from = {"10.0.0.0/8"};
  edit.server_names = {"b.example"};
  EXPECT_EQ(line_of(edit), "deny host a.example from 10.0.0.0/8 sni b.example");
  edit.verdict = "splice";
  EXPECT_EQ(line_of(edit), "splice host a.example from 10.0.0.0/8 sni b.example");
  for (const char* const name : {"192.0.2.7", "::1", "https://a.example/", "a b", "", "b\nallow"}) {
    edit.server_names = {name};
    EXPECT_THAT(policy_line(edit, kNow).error(), testing::HasSubstr("is no server name")) << name;
  }
}

TEST(PolicyLine, AMessageCannotBeginASecondRule) {
  QuickEdit edit = deny("a.example");
  edit.message = "x\"\nallow";
  EXPECT_FALSE(policy_line(edit, kNow));
}

}  // namespace
}  // namespace sluice::cli
