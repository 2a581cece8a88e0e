#include <gmock/gmock.h>

#include "support.hpp"

namespace sluice::policy {
namespace {

using test::compiled;
using test::errors_of;
using testing::HasSubstr;

struct Case {
  std::string_view line;  // ahead of the default
  int column;
  std::string_view message;  // a part of it
};

TEST(Diagnostics, NameThePlaceAndWhatWasExpected) {
  const std::vector<Case> cases{
      {"permit host a", 1, "unknown statement `permit`"},
      {"alow host a", 1, "did you mean `allow`?"},
      {"\"allow\"", 1, "unknown statement the quoted text"},
      {"deny hots a.example", 6, "unknown condition `hots`; did you mean `host`?"},
      {"deny ulr ~ \"x\"", 6, "did you mean `url`?"},
      {"deny www.example.com", 6, "write `host` ahead of it"},
      {"deny 10.0.0.1", 6, "write `to` or `from` ahead of it"},
      {"deny from 10.0.0.1 10.0.0.2", 20, "a comma between two addresses"},
      {"deny , host a", 6, "`,` without a value"},
      {"deny host", 10, "a host expected, not the end of the line"},
      {"deny host a.example,", 21, "a host expected"},
      {"deny host from 10.0.0.1", 11, "a host expected, not `from`"},
      {"deny host \"a.example\"", 11, "a host expected, not the quoted text"},
      {"deny host b\xc3.example", 11, "xn--"},
      {"deny host http://a.example/", 11, "for a whole URL write `url ~"},
      {"deny host a.example/x", 11, "without a path"},
      {"deny host 10.0.0.0/8", 11, "write `to 10.0.0.0/8`"},
      {"deny host a.example:80", 11, "write `port` beside it"},
      {"deny host a*.example", 11, "`*` may stand in front only"},
      {"deny host *", 11, "`*` may stand in front only"},
      {"deny host .", 11, "an empty label"},
      {"deny host a..b", 11, "an empty label"},
      {"deny host -a.b", 11, "begins or ends with `-`"},
      {"deny host a!b", 11, "no domain name has"},
      {"deny host 127.1", 11, "four decimal numbers"},
      {"deny host 0x7f000001", 11, "four decimal numbers"},
      {"deny host a.0x7f", 11, "four decimal numbers"},
      {"deny to 10.1.2.3/8", 9, "did you mean `10.0.0.0/8` or `10.1.2.3`?"},
      {"deny to 2001:db8::1/32", 9, "did you mean `2001:db8::/32`"},
      {"deny to 10.0.0", 9, "no address or prefix"},
      {"deny to 010.0.0.1", 9, "no address or prefix"},
      {"deny to locl", 9, "unknown net `locl`; did you mean `local`?"},
      {"deny to printers", 9, "define it with `net printers PREFIX, ...`"},
      {"net a b", 7, "unknown net `b`"},
      {"net a-1", 8, "expected, not the end of the line"},
      {"net 10.0.0.0/8", 5, "`net` takes a name"},
      {"net local 10.0.0.0/8", 5, "a word of the language"},
      {"net port 10.0.0.0/8", 5, "a word of the language"},
      {"net x 10.0.0.0/8 10.0.0.1", 18, "between two prefixes stands a comma"},
      {"deny during mon 8:00-18:00", 17, "`8:00-18:00` are no hours; they are written `08:00-18:00`"},
      {"deny during 25:00-26:00", 13, "`25:00-26:00` are no hours"},
      {"deny during mon 08:00-18:00 CET", 29,
       "a zone is named by its place, as in `Europe/Berlin`, or is `UTC`, not `CET`"},
      {"deny until 2026-12-31 EST5EDT host a", 23, "a zone is named by its place"},
      {"time work mon CET", 15, "a zone is named by its place"},
      {"time work mon-fry 08:00-18:00 Europe/Berlin", 11, "unknown day in `mon-fry`; did you mean `mon-fri`?"},
      {"time work Mon-Fri 08:00-18:00", 11, "unknown day in `Mon-Fri`; did you mean `mon-fri`?"},
      {"time work daly 08:00-18:00", 11, "unknown day in `daly`; did you mean `daily`?"},
      {"time work lunch 12:00-13:00", 11, "unknown day in `lunch`; days are `mon`, `tue`"},
      {"deny during monday, tue 08:00-18:00 host a", 13, "unknown time `monday`; did you mean `mon`?"},
      {"deny during mon, Thursday-fry 08:00-18:00 host a", 18,
       "unknown day in `Thursday-fry`; did you mean `thu-fri`?"},
      {"deny during MON-FRI host a", 13, "unknown time `MON-FRI`; did you mean `mon-fri`?"},
      {"time work mon 08:00-18:00 Europe/Berln", 27,
       "no time zone `Europe/Berln` on this machine; did you mean `Europe/Berlin`?"},
      {"deny until 2026-12-31 america/new_york host a", 23, "did you mean `America/New_York`?"},
      {"time work mon 08:00-18:00 Nowhere/Else except 12-25", 27,
       "names are those of the tz database, like `Europe/Berlin`"},
      {"HOST a", 1, "unknown statement `HOST`"},
      {"DENY host a", 1, "did you mean `deny`?"},
      {"deny HOST a", 6, "did you mean `host`?"},
      {"deny port http", 11, "no port"},
      {"deny port 65536", 11, "no port"},
      {"deny port 090", 11, "no port"},
      {"deny port 90-80", 11, "did you mean `80-90`?"},
      {"deny method get", 13, "did you mean `GET`?"},
      {"deny method G(T", 13, "no method"},
      {"deny scheme htps", 13, "did you mean `https`?"},
      {"deny url \"x\"", 10, "followed by `~`"},
      {"deny url ~ x", 12, "an expression in quotes expected, not `x`"},
      {"deny url ~ \"\"", 13, "an empty expression"},
      {"deny url ~ \"a(b\"", 13, "missing )"},
      {"deny url ~ \"ok\", \"\\\"x**\"", 22, "bad repetition operator"},
      {"deny url ~ \"[z-a]\"", 14, "invalid character class range"},
      {"deny url ~ \"a\xc3\xa4\"", 14, "URLs are ASCII"},
      {"deny url ~ \"((a{100}){100}){100}\"", 16, "invalid repetition size"},
      {"deny not not host a", 10, "negates twice"},
      {"deny not", 9, "where a condition is expected"},
      {"deny unless", 6, "`unless` without a condition"},
      {"deny unless host a unless host b", 20, "a second `unless`"},
      {"deny host a reason no", 20, "`reason` takes a text in quotes, not `no`"},
      {"deny host a reason \"\"", 20, "an empty reason"},
      {"deny host a reason \"x\" reason \"y\"", 24, "a second `reason`"},
      {"deny host a reason \"x\" host b", 24, "conditions stand ahead of"},
      {"deny host a id x unless host b", 18, "conditions stand ahead of"},
      {"deny host a reason \"\xff\"", 20, "not UTF-8"},
      {"deny host a id", 15, "`id` takes a name"},
      {"deny host a id -x", 16, "is no id"},
      {"deny host a id x id y", 18, "a second `id`"},
      {"deny host a reason \"x", 20, "closing quote"},
      {"deny host a\x01", 12, "control character"},
  };
  for (const Case& one : cases) {
    const auto errors = errors_of(std::string(one.line) + "\nallow\n");
    ASSERT_EQ(errors.size(), 1u) << one.line << (errors.empty() ? "" : errors.back().text());
    EXPECT_EQ(errors[0].line, 1) << one.line;
    EXPECT_EQ(errors[0].column, one.column) << one.line << '\n' << errors[0].text();
    EXPECT_THAT(errors[0].message, HasSubstr(std::string(one.message))) << one.line;
    EXPECT_EQ(errors[0].excerpt, one.line);
  }
}

TEST(Diagnostics, OfATimeAreItsOwnAndNoneThatFollow) {
  const auto errors = errors_of(
      "time work mon-fry 8:00-18:00, Sat Europe/Berln except 13-25, 12-24 Europe/Berln\ndeny host a during "
      "work\nallow\n");
  std::vector<std::pair<int, int>> places;
  for (const Diagnostic& error : errors) { places.emplace_back(error.line, error.column); }
  EXPECT_THAT(places, testing::ElementsAre(std::pair(1, 11), std::pair(1, 19), std::pair(1, 31), std::pair(1, 35),
                                           std::pair(1, 55)));
}

TEST(Diagnostics, ComeAllInOneRunInTheOrderOfTheText) {
  const auto errors = errors_of(
      "deny hots a to 1.2.3\nallow host a_, -b, c.example port 99999\nnet staff 10.0.0.0/33\ndeny from staff\ndeny url "
      "~ "
      "\"(\"\nallow from staf\nallow\n");
  std::vector<std::pair<int, int>> places;
  for (const Diagnostic& error : errors) { places.emplace_back(error.line, error.column); }
  const std::vector<std::pair<int, int>> expected{{1, 6}, {1, 16}, {2, 16}, {2, 35}, {3, 11}, {5, 13}, {6, 12}};
  EXPECT_EQ(places, expected);
}

TEST(Diagnostics, ShowTheLineAndACaret) {
  const Diagnostic error{
      Diagnostic::Severity::error, "policy", 3, 7, "unknown condition `hosts`; did you mean `host`?", "deny\t hosts a"};
  EXPECT_EQ(error.text(),
            "policy:3:7: error: unknown condition `hosts`; did you mean `host`?\n"
            "    deny\t hosts a\n"
            "        \t ^");
}

TEST(Diagnostics, CountCharactersNotOctetsForTheCaret) {
  const Diagnostic error{Diagnostic::Severity::warning, "p", 1, 8, "m", "\xc3\xa4\xc3\xb6\xc3\xbc x"};
  EXPECT_EQ(error.text(), "p:1:8: warning: m\n    \xc3\xa4\xc3\xb6\xc3\xbc x\n        ^");
}

TEST(Diagnostics, ShowAWindowOfALongLineAndNoControlCharacters) {
  const Diagnostic error{
      Diagnostic::Severity::error, "p", 1, 1001, "m", std::string(1000, 'x') + "\x1b[2J" + std::string(1000, 'y')};
  const std::string text = error.text();
  EXPECT_LT(text.size(), 400u);
  EXPECT_THAT(text, HasSubstr("x?[2Jy"));
}

TEST(Diagnostics, DemandAWrittenDefault) {
  for (const std::string_view text : {"", "\n# nothing\n", "net a 10.0.0.1\n", "allow\ndeny host a\n", "deny host a"}) {
    const auto errors = errors_of(text);
    ASSERT_EQ(errors.size(), 1u) << text;
    EXPECT_THAT(errors[0].message, HasSubstr("the default verdict is written, never implied"));
    EXPECT_THAT(errors[0].message, HasSubstr("add `allow` or `deny` as the last line"));
  }
}

TEST(Diagnostics, DemandAWrittenDefaultBesideOtherErrors) {
  for (const std::string_view text :
       {"deny hots a.example\n", "deny host a!b\n", "deny 10.0.0.1\n", "allow\ndeny unles host a\n", "quic regect\n",
        "deny port http reason oops\n", "deny not a\n", "deny host a unless\n"}) {
    const auto errors = errors_of(text);
    EXPECT_TRUE(std::ranges::any_of(errors, [](const Diagnostic& one) {
      return one.message.find("the default verdict is written") != std::string::npos;
    })) << text;
  }
  // What was meant to be the default and is wrong in another way is one error.
  for (const std::string_view text : {"deny reason oops\n", "allow reson \"x\"\n", "deny \"a reason\"\n", "allow ,\n",
                                      "redirect http://a.example/\n", "deny id !\n", "deny shadwo\n"}) {
    for (const Diagnostic& error : errors_of(text)) {
      EXPECT_THAT(error.message, testing::Not(HasSubstr("the default verdict is written"))) << text;
    }
  }
}

TEST(Diagnostics, SayWhatIsDoubtfulBehindTheErrors) {
  const auto found = errors_of("list l domains \"/l\" category adverts\ndeny category advert\nallow host\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].line, 3);
  EXPECT_EQ(found[1].line, 3);
  EXPECT_THAT(found[0].message, HasSubstr("the default verdict is written"));
  EXPECT_THAT(found[1].message, HasSubstr("a host expected"));
  EXPECT_EQ(found[2].severity, Diagnostic::Severity::warning);
  EXPECT_EQ(found[2].line, 2);
  EXPECT_THAT(found[2].message, HasSubstr("no list has the category `advert`; did you mean `adverts`?"));
}

TEST(Diagnostics, RefuseTheSameIdOrNetTwice) {
  const auto ids = errors_of("deny host a id x\ndeny host b id x\nallow\n");
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_EQ(ids[0].line, 2);
  EXPECT_THAT(ids[0].message, HasSubstr("`x` is used on line 1 already"));
  const auto nets = errors_of("net a 10.0.0.1\nnet a 10.0.0.2\nallow\n");
  ASSERT_EQ(nets.size(), 1u);
  EXPECT_THAT(nets[0].message, HasSubstr("defined on line 1 already"));
}

TEST(Diagnostics, WantNetsOfNetsInOrderSoThatThereIsNoCircle) {
  const auto errors = errors_of("net a b\nnet b a\nallow\n");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].message, HasSubstr("it is defined on line 2, which must stand above"));
  EXPECT_TRUE(errors_of("deny from later\nnet later 10.0.0.1\nallow\n").empty());
}

TEST(Diagnostics, WarnOfRulesThatAreNeverReached) {
  const auto policy = compiled("deny host a.example\nallow host a.example\nallow\ndeny host b.example\nallow\n");
  ASSERT_EQ(policy->warnings().size(), 3u);
  EXPECT_EQ(policy->warnings()[0].line, 2);
  EXPECT_THAT(policy->warnings()[0].message, HasSubstr("line 1 holds whenever it does"));
  EXPECT_EQ(policy->warnings()[1].line, 4);
  EXPECT_THAT(policy->warnings()[1].message, HasSubstr("line 3 decides everything that is left"));
  EXPECT_EQ(policy->warnings()[2].line, 5);
}

TEST(Diagnostics, WarnOfAConditionThatIsWrittenTwice) {
  const auto policy = compiled("deny host a.example host b.example\ndeny not port 1 not port 2\nallow\n");
  ASSERT_EQ(policy->warnings().size(), 1u);
  EXPECT_EQ(policy->warnings()[0].column, 21);
}

const std::string kCovering =
    "net lab 10.1.0.0/16\ntime early mon-fri 08:00-10:00 Europe/Berlin\ntime work mon-fri 08:00-18:00 Europe/Berlin\n"
    "time floating mon-fri 08:00-18:00\ntime busy work except 12-24\ngroup staff alice, bob\n";

// Each case: a rule, one below it, and whether the second is said to be never reached.
TEST(Diagnostics, WarnOfRulesThatAreCovered) {
  const std::vector<std::tuple<std::string_view, std::string_view, bool>> cases{
      {"deny host .a.example", "allow host www.a.example", true},
      {"deny host .a.example", "allow host b.example, x.a.example", false},
      {"deny host .a.example, .b.example", "allow host b.example, x.a.example", true},
      {"deny host a.example", "allow host .a.example", false},
      {"deny host a.example", "deny host a.example port 80", true},
      {"deny host a.example port 80", "deny host a.example", false},
      {"deny from 10.0.0.0/8", "allow from 10.1.0.0/16 host a.example", true},
      {"deny from 10.0.0.0/8", "allow from lab", true},
      {"deny from lab", "allow from 10.0.0.0/8", false},
      {"deny port 1-100", "allow port 80, 90-95", true},
      {"deny port 1-100", "allow port 80, 443", false},
      {"deny path /a", "allow path /a/b", true},
      {"deny path /a", "allow path /ab", false},
      {"deny type image/*", "allow type image/png", true},
      {"deny query utm_*", "allow query utm_x=1", true},
      {"deny size over 1KiB", "deny size over 2KiB", true},
      {"deny size over 2KiB", "deny size over 1KiB", false},
      {"deny url ~ \"a\", \"b\"", "deny url ~ \"b\"", true},
      {"deny field A ~ \"x\"", "deny field a ~ \"x\"", true},
      {"deny field A ~ \"x\"", "deny response field A ~ \"x\"", false},
      {"deny not host a.example, b.example", "deny not host .a.example, .b.example", true},
      {"deny not host .a.example", "deny not host a.example", false},
      {"deny not host .g.example", "deny host h.example", true},
      {"deny not host .g.example", "deny host h.example, x.g.example", false},
      {"deny not host x.g.example", "deny host .g.example port 80", false},
      {"deny not port 80-90", "deny port 1-79", true},
      {"deny not port 80-90", "deny port 1-80", false},
      {"deny not from 10.0.0.0/8", "deny from 192.0.2.0/24", true},
      {"deny not from 10.0.0.0/8", "deny from 0.0.0.0/0 port 80", false},
      {"deny not type image/*", "deny type text/html", true},
      {"deny not type image/*", "deny type image/png", false},
      {"deny not query a", "deny query b", false},
      {"deny not path /a", "deny path /b", true},
      {"deny not path /a/b", "deny path /a port 80", false},
      {"deny not size over 10", "deny size under 11", true},
      {"deny not size over 10", "deny size under 12", false},
      {"deny not user alice", "deny user bob", true},
      {"deny not group staff", "deny user carol", false},
      {"deny group staff host b.example", "deny user alice host b.example", true},
      {"deny group staff host b.example", "deny user alice, carol host b.example", false},
      {"deny user alice, bob", "deny group staff", false},
      {"deny not user alice", "deny not group staff", true},
      {"deny method CONNECT unless port 443", "deny method CONNECT port 22", true},
      {"deny method CONNECT unless port 443", "deny method CONNECT port 22, 443", false},
      {"deny method CONNECT unless port 443", "deny method CONNECT not port 400-500", true},
      {"deny method CONNECT unless not port 443", "deny method CONNECT port 443", true},
      {"deny method CONNECT unless port 443 host a.example", "deny method CONNECT port 22", true},
      {"deny from 10.0.0.0/8 unless host a.example", "deny from 10.0.0.0/8 unless host .a.example", true},
      {"deny from 10.0.0.0/8 unless host .a.example", "deny from 10.0.0.0/8 unless host a.example", false},
      {"deny from 10.0.0.0/8 unless host a.example", "deny from 10.0.0.0/8 unless host .a.example port 80", false},
      {"deny from 10.0.0.0/8 unless host a.example port 80", "deny from 10.0.0.0/8 unless host .a.example", true},
      {"allow not method GET", "deny method PURGE", false},
      {"deny host a.example unless port 80", "deny host a.example", false},
      {"deny host a.example unless port 80", "deny host a.example path /x unless port 80", true},
      {"deny host a.example shadow", "deny host a.example", false},
      {"deny host a.example", "deny host a.example shadow", true},
      {"deny during mon", "deny during mon host a.example", true},
      {"deny during mon-fri", "deny during tue", true},
      {"deny during mon-fri", "deny during tue, wed 08:00-10:00", true},
      {"deny during tue", "deny during mon-fri", false},
      {"deny during mon-fri 08:00-18:00", "deny during tue 09:00-10:00", true},
      {"deny during mon-fri 08:00-18:00", "deny during tue 09:00-19:00", false},
      {"deny during mon-fri 08:00-18:00", "deny during tue 22:00-06:00", false},
      {"deny during mon-fri", "deny during tue Europe/Berlin", false},
      {"deny during mon", "deny during 12-24", false},
      {"deny during 12-24..12-26", "deny during 12-24..12-26 08:00-10:00", true},
      {"deny not during tue", "deny not during mon-fri", true},
      {"deny during work", "deny during mon 10:00-11:00 Europe/Berlin", true},
      {"deny during work", "deny during early", true},
      {"deny during early", "deny during work", false},
      {"deny during work", "deny during mon 10:00-11:00", false},
      {"deny during work", "deny during sat 10:00-11:00 Europe/Berlin", false},
      {"deny during work, sat", "deny during early host a.example", true},
      {"deny during busy", "deny during mon 10:00-11:00 Europe/Berlin", false},
      {"deny during busy", "deny during busy host a.example", true},
      {"deny during work", "deny during busy", true},
      {"deny during floating Asia/Tokyo", "deny during floating", false},
      {"deny during floating Asia/Tokyo", "deny during tue 09:00-10:00 Asia/Tokyo", true},
      {"deny not during early", "deny not during work", true},
      {"deny until 2031-12-31", "deny until 2030-12-31", true},
      {"deny until 2030-12-31 18:00", "deny until 2030-12-31", false},
      {"deny until 2031-12-31 Europe/Berlin", "deny until 2030-12-31", false},
      {"deny listener 3128", "deny listener 192.0.2.1:3128", true},
      {"deny listener 192.0.2.1:3128", "deny listener 3128", false},
      {"deny listener 3128", "deny listener [2001:db8::1]:3129", false},
      {"allow host .example.com", "allow method PURGE host www.example.com", false},
      {"allow host .example.com", "deny method GET, PURGE host www.example.com", false},
      {"allow host .example.com", "allow not method PURGE host www.example.com", true},
      {"allow method PURGE", "allow method PURGE host www.example.com", true},
      {"deny host .example.com", "allow method PURGE host www.example.com", true},
      {"cache ttl 1h", "cache ttl 2h host a.example", true},
      {"cache ttl 1h", "cache grace 2h host a.example", false},
      {"set request field A \"1\"", "remove request field a host a.example", true},
      {"set request field A \"1\"", "set request field B \"1\"", false},
      {"connect to a.example host x.example", "connect to b.example host x.example", true},
  };
  for (const auto& [first, second, covered] : cases) {
    const auto policy = compiled(kCovering + std::string(first) + '\n' + std::string(second) + "\nallow\n");
    ASSERT_TRUE(policy);
    ASSERT_EQ(policy->warnings().size(), covered ? 1u : 0u) << first << " / " << second;
    if (!covered) { continue; }
    EXPECT_EQ(policy->warnings()[0].line, 8);
    EXPECT_THAT(policy->warnings()[0].message, HasSubstr("line 7 holds whenever it does")) << second;
  }
}

// Each case: a rule, the column of the warning, and a part of it.
TEST(Diagnostics, WarnOfRulesThatNeedDecryptionOrContradictThemselves) {
  const std::vector<Case> cases{
      {"deny scheme https", 6, "`scheme https` holds inside of https only here, which is not decrypted"},
      {"deny host a.example path /x scheme https", 29, "write `host`, `authority` or `sni`, and `port 443`"},
      {"deny host a.example query x scheme https", 29, "this rule never holds"},
      {R"(deny url ~ "^https://")", 6, "inside of https only"},
      {R"(deny url ~ "(?i)^https:\/\/a")", 6, "inside of https only"},
      {"deny not scheme http type text/html", 22, "inside of https only"},
      {"deny method CONNECT path /x", 21,
       "for requests of http and requests of https only, and the rest of this rule for "
       "tunnels (CONNECT): it never holds"},
      {"deny type text/html method CONNECT", 21, "`method CONNECT` holds for tunnels (CONNECT) only"},
      {"set response field X \"1\" method CONNECT", 26, "the rest of this setting"},
      {"cache ttl 1h sni a.example", 14, "it never holds"},
      {"deny alpn h2 scheme http", 14, "`scheme http` holds for requests of http only"},
      {"deny authority a.example scheme http", 26, "never holds"},
      {"deny sni a.example method GET", 20, "never holds"},
      {"splice method GET", 8, "never holds"},
      {"splice scheme http", 8, "never holds"},
      {"deny host a.example unless scheme https", 28, "this exception never holds"},
      {"deny method CONNECT unless path /x", 28, "the rest of this exception for tunnels"},
      {"deny protocol udp method GET", 19, "for QUIC: it never holds"},
  };
  for (const Case& one : cases) {
    const auto policy = compiled(std::string(one.line) + "\nallow\n");
    ASSERT_TRUE(policy) << one.line;
    ASSERT_EQ(policy->warnings().size(), 1u) << one.line;
    EXPECT_EQ(policy->warnings()[0].column, one.column) << one.line;
    EXPECT_THAT(policy->warnings()[0].message, HasSubstr(std::string(one.message))) << one.line;
  }
}

TEST(Diagnostics, WarnOfRulesWhoseConditionsContradictEachOther) {
  const std::vector<Case> cases{
      {"deny host a.example unless host a.example", 28, "the exception holds whenever the rest of this rule does"},
      {"deny host x.a.example port 80 unless host .a.example port 1-100", 38, "it never holds"},
      {"cache ttl 1h host a.example unless host .a.example", 36, "the rest of this setting"},
      {"deny host a.example not host a.example", 25, "`host a.example` and `not host a.example` never hold at once"},
      {"deny not host .a.example host a.example", 26, "never hold at once"},
      {"deny method GET not method GET, POST", 21, "this rule never holds"},
      {"deny size over 10 size under 5", 19, "never hold at once"},
      {"deny user carol group staff", 17, "have no user in common in this text"},
      {"deny group staff user carol", 18, "have no user in common in this text"},
  };
  for (const Case& one : cases) {
    const auto policy = compiled(std::string(one.line) + "\nallow\ngroup staff alice, bob\n");
    ASSERT_TRUE(policy) << one.line;
    ASSERT_EQ(policy->warnings().size(), 1u) << one.line;
    EXPECT_EQ(policy->warnings()[0].column, one.column) << one.line;
    EXPECT_THAT(policy->warnings()[0].message, HasSubstr(std::string(one.message))) << one.line;
  }
}

TEST(Diagnostics, AreSilentAboutRulesThatHoldForSomething) {
  for (const std::string_view line : {"deny host .a.example not host a.example",
                                      "deny host .a.example unless host a.example",
                                      "deny host a.example unless host a.example port 80",
                                      "deny size over 5 size under 10",
                                      "deny query a not query b",
                                      "deny alpn h2 not alpn http/1.1",
                                      "deny group staff user alice",
                                      "deny not user alice group staff",
                                      "deny host a.example path /x",
                                      "deny scheme http, https",
                                      R"(deny url ~ "^https?://a")",
                                      "deny not scheme https",
                                      R"(deny url ~ "^https://", "\.exe$")",
                                      "deny not path /x method CONNECT",
                                      "deny not scheme http",
                                      "deny field User-Agent ~ \"x\" method CONNECT",
                                      "allow method PURGE scheme https",
                                      "splice not scheme http",
                                      "set request field X \"1\" method CONNECT",
                                      "limit connections 5 method CONNECT",
                                      "quic reject sni a.example",
                                      "deny not inconsistent scheme http",
                                      "deny method GET, CONNECT path /x",
                                      "deny status 500 scheme http"}) {
    const auto policy = compiled(std::string(line) + "\nallow\ngroup staff alice, bob\n");
    ASSERT_TRUE(policy) << line;
    EXPECT_TRUE(policy->warnings().empty()) << line << policy->warnings()[0].message;
  }
}

TEST(Diagnostics, WarnOfADefaultThatIsNeverReached) {
  for (const std::string_view rule : {"deny from ::/0", "deny port 0-65535"}) {
    const auto policy = compiled(std::string(rule) + "\nallow\n");
    ASSERT_EQ(policy->warnings().size(), 1u);
    EXPECT_THAT(policy->warnings()[0].message, HasSubstr("the default is never reached: line 1 always holds"));
  }
}

TEST(Diagnostics, WarnOfADefaultForWhichTwoRulesLeaveNothing) {
  const auto policy = compiled("deny method GET\nallow host a.example\nallow not method GET\nallow\n");
  ASSERT_EQ(policy->warnings().size(), 1u);
  EXPECT_THAT(policy->warnings()[0].message, HasSubstr("line 1 and line 3 together always hold"));
  EXPECT_EQ(compiled("deny method GET, POST\nallow not method GET\nallow\n")->warnings().size(), 1u);
  for (const std::string_view text :
       {"deny method GET\nallow not method GET, POST\nallow\n",
        "deny method GET\nallow not method GET host a.example\nallow\n",
        "deny method GET unless port 1\nallow not method GET\nallow\n",
        "deny method GET shadow\nallow not method GET\nallow\n", "deny path /a\nallow not path /a/b\nallow\n"}) {
    const bool leaves_nothing = text.starts_with("deny path");  // `/a` and what is not below `/a/b`
    EXPECT_EQ(compiled(text)->warnings().size(), leaves_nothing ? 1u : 0u) << text;
  }
}

TEST(Diagnostics, WarnOfAddressesThatNoHelloNames) {
  const auto policy = compiled("deny sni 192.0.2.7\nallow authority 192.0.2.7\nallow\n");
  ASSERT_EQ(policy->warnings().size(), 1u);
  EXPECT_EQ(policy->warnings()[0].line, 1);
  EXPECT_THAT(policy->warnings()[0].message, HasSubstr("no TLS hello names"));
}

TEST(Diagnostics, LeaveAByteOrderMarkAside) {
  const auto policy = compiled(
      "\xef\xbb\xbf"
      "allow\n");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->rules().size(), 1u);
  const auto errors = errors_of(
      "\xef\xbb\xbf"
      "permit\nallow\n");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].message, HasSubstr("unknown statement `permit`"));
}

TEST(Diagnostics, WarnOfNamesUnderWhichEverybodyRegisters) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {".com", "public suffix"},
      {"co.uk", "public suffix"},
      {".localdomain", "single label"},
      {"printer", "single label"},
      {".example.com", ""},
      {"10.0.0.1", ""},
      {"::1", ""},
  };
  for (const auto& [host, message] : cases) {
    const auto policy = compiled("deny host " + std::string(host) + "\nallow\n");
    ASSERT_EQ(policy->warnings().size(), message.empty() ? 0u : 1u) << host;
    if (!message.empty()) { EXPECT_THAT(policy->warnings()[0].message, HasSubstr(std::string(message))); }
  }
}

TEST(Diagnostics, WarnOfExpressionsThatAHostOrAPathSaysBetter) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {R"(^https?://ads\.example\.com/)", "`host ads.example.com` would do here, for any port and tunnels (CONNECT);"},
      {R"(^https?://([^/]+\.)?ads\.example/)", "`host .ads.example`"},
      {R"(^https?://(www\.)?a\.example/x/)", "`host a.example, www.a.example path /x/` would do here, for any port;"},
      {R"(^https?://a\.example(/|$))", "`host a.example`"},
      {R"(^(http|https)://a\.example/)", "`host a.example`"},
      {R"(^http(s)?://a\.example/)", "`host a.example`"},
      {R"(^https?://a\.example(:\d+)?/x/)", "`host a.example path /x/` says the same"},
      {R"(^https?://(.*\.)?a\.example/)", "not for URLs of others with the name in their path or query"},
      {R"(^http://([a-z0-9-]+\.)*a\.example/)",
       "`scheme http host .a.example port 80` would do here, for names with `_`;"},
      {R"(^http://a\.example/)", "`scheme http host a.example port 80` says the same"},
      {R"(^http://a\.example:8080/)", "`scheme http host a.example port 8080` says the same"},
      {R"(^http://a\.example[/:])", "`scheme http host a.example` says the same"},
      {R"(^http://192\.0\.2\.1/)", "`scheme http host 192.0.2.1 port 80` says the same"},
      {R"(^http://a\.example/x/)", "`scheme http host a.example port 80 path /x/` says the same"},
      {R"(^http://a\.example/path)",
       "`scheme http host a.example port 80 path /path` would do here, not for `/pathx`, but for the path and what is "
       "below it;"},
      {R"((?i)^http://A\.example/x/)", "not for paths in other letters"},
      {R"(^https?://a\.example/x)", "`host a.example path /x` would do here, for any port, not for `/xx`"},
      {R"(://foo\.example/)", "not for URLs with `://` and the name in their path or query"},
      {R"(tracker\.example\.com)", "write `host .tracker.example.com`"},
      {R"((?i)Example\.com)", "write `host .example.com`"},
      {R"(\.example\.com/)", "write `host .example.com`"},
      {R"(foo\.exe)", ""},
      {R"(setup\.zip)", ""},
      {R"(jquery\.min\.js)", ""},
      {R"(\.exe/)", ""},
      {R"(Example\.com)", ""},
      {R"(^http://A\.example/)", ""},
      {R"(^http://a.example/)", ""},
      {R"(^http://a\.example/%7Ex/)", ""},
      {R"(^http://a\.example/x\?y)", ""},
      {R"(^http://(www\.)?192\.0\.2\.1/)", ""},
      {R"(^https?://a\.example)", ""},
      {R"(\.exe(\?|$))", ""},
      {R"(^https?://[a-z]+\.example/)", ""},
      {R"(/ads/)", ""},
  };
  for (const auto& [expression, condition] : cases) {
    const auto policy = compiled("deny url ~ \"" + std::string(expression) + "\"\nallow\n");
    ASSERT_TRUE(policy);
    ASSERT_EQ(policy->warnings().size(), condition.empty() ? 0u : 1u) << expression;
    if (condition.empty()) { continue; }
    EXPECT_THAT(policy->warnings()[0].message, HasSubstr(std::string(condition)));
    EXPECT_EQ(policy->warnings()[0].column, 12);
  }
}

// What is advised holds for the same requests where nothing else is said.
TEST(Diagnostics, AdviseConditionsThatSayWhatTheExpressionSays) {
  const std::vector<std::string> hosts{"a.example", "www.a.example", "x.y.a.example", "xa.example", "a.example.org"};
  const std::vector<std::string> paths{
      "/", "/x", "/x/", "/x/y", "/xx", "/X/", "/?u=http://a.example/x/", "/x.a.example/x/"};
  std::vector<std::string> expressions;
  for (const char* scheme : {"^http://", "^https?://", "^(http|https)://"}) {
    for (const char* labels : {"", R"(([^/]+\.)?)", R"((www\.)?)", R"((.*\.)?)", R"(([a-z0-9-]+\.)*)"}) {
      for (const char* end :
           {"/", "(/|$)", "[/:]", "/x", "/x/", "(:[0-9]+)?/", R"((:\d+)?/x/.*)", ":8080/", ":8080/x/"}) {
        expressions.push_back(scheme + std::string(labels) + R"(a\.example)" + end);
      }
    }
  }
  std::size_t same = 0;
  for (const std::string& expression : expressions) {
    const auto by_expression = compiled("deny url ~ \"" + expression + "\"\nallow\n");
    ASSERT_EQ(by_expression->warnings().size(), 1U) << expression;
    const std::string& message = by_expression->warnings()[0].message;
    const std::size_t begin = message.find('`') + 1;
    const auto by_condition = compiled("deny " + message.substr(begin, message.find('`', begin) - begin) + "\nallow\n");
    ASSERT_TRUE(by_condition) << message;
    if (message.find("says the same") == message.npos) { continue; }
    ++same;
    for (const std::string& host : hosts) {
      for (const std::string& path : paths) {
        for (const int port : {80, 443, 8080}) {
          for (const std::string scheme : {"http", "https"}) {
            const bool is_usual = port == (scheme == "http" ? 80 : 443);
            const std::string url = scheme + "://" + host + (is_usual ? "" : ':' + std::to_string(port)) + path;
            Facts facts = test::a_request();
            facts.host = host;
            facts.port = static_cast<std::uint16_t>(port);
            facts.scheme = scheme;
            facts.path_and_query = path;
            facts.url = url;
            EXPECT_EQ(by_expression->decide(facts).verdict, by_condition->decide(facts).verdict)
                << expression << ' ' << url;
          }
        }
        Facts tunnel = test::a_request();
        const std::string url = host + ":443";
        tunnel.method = "CONNECT";
        tunnel.scheme = tunnel.path_and_query = "";
        tunnel.host = tunnel.authority = host;
        tunnel.port = 443;
        tunnel.url = url;
        EXPECT_EQ(by_expression->decide(tunnel).verdict, by_condition->decide(tunnel).verdict)
            << expression << ' ' << url;
      }
    }
  }
  EXPECT_GT(same, 30U);
}

TEST(Diagnostics, AreBoundedInNumber) {
  std::string text;
  for (int i = 0; i < 5000; ++i) { text += "deny hots a\n"; }
  const auto errors = errors_of(text);
  ASSERT_EQ(errors.size(), 100u);
  EXPECT_THAT(errors.back().message, HasSubstr("more errors"));
}

TEST(Limits, BoundTheTextAndItsLines) {
  const auto large = errors_of(std::string(5 << 20, '\n') + "allow\n");
  ASSERT_EQ(large.size(), 1u);
  EXPECT_THAT(large[0].message, HasSubstr("more than 4 MiB"));
  const auto line = errors_of("# " + std::string(70'000, 'x') + "\nallow\n");
  ASSERT_EQ(line.size(), 1u);
  EXPECT_THAT(line[0].message, HasSubstr("longer than 65536 octets"));
  const auto reason = errors_of("deny host a reason \"" + std::string(301, 'x') + "\"\nallow\n");
  ASSERT_EQ(reason.size(), 1u);
}

TEST(Limits, BoundEachExpression) {
  std::string expression;
  for (int i = 0; i < 100; ++i) { expression += "[^a]{900}"; }
  const auto errors = errors_of("deny url ~ \"" + expression + "\"\nallow\n");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].message, HasSubstr("too large"));
  EXPECT_EQ(errors_of("deny url ~ \"" + std::string(4097, 'a') + "\"\nallow\n").size(), 1u);
}

TEST(Limits, BoundNetsThatDoubleWithEveryLine) {
  std::string text = "net n0 10.0.0.1, 10.0.0.2\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "n" + std::to_string(i - 1);
    text += "net n" + std::to_string(i) + ' ' + before + ", " + before + '\n';
  }
  const auto errors = errors_of(text + "allow\n");
  ASSERT_FALSE(errors.empty());
  EXPECT_THAT(errors[0].message, HasSubstr("more than a million prefixes"));
}

}  // namespace
}  // namespace sluice::policy
