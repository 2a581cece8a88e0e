// What becomes of the lines of each format.

#include "lists_support.hpp"
#include "policy/lists/import.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

using Texts = std::multiset<std::string>;

// A list that was read, and what is found in it.
struct Read {
  ImportReport report;
  std::shared_ptr<const ListSet> set;

  Texts found(std::string_view host, const std::string& path = "/") const {
    const Lists lists(set, nullptr);
    ListHits hits;
    lists.find_host(host, hits);
    lists.find_url("http://" + std::string(host) + path, hits);
    Texts texts;
    for (const ListHit& hit : hits.hits) {
      const ListEntryText text = hit.set->describe(hit);
      const bool is_exception = hit.membership.effect() == Effect::excepts;
      texts.insert((is_exception ? "not " : "") + text.entry + ':' + std::to_string(text.line));
    }
    return texts;
  }
};

Read read(ListFormat format, std::string_view text) {
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"l", "l", has_final_exceptions(format)}).value();
  Read result{.report = import_list(format, text, tag, compiler), .set = nullptr};
  result.set = test::set_of(compiler);
  return result;
}

TEST(ListImport, ReadsPlainAndWildcardDomains) {
  const Read list = read(ListFormat::domains,
                         "\xef\xbb\xbf# comment\r\nexample.com\r\n\n*.Wild.example. # why\n.dot.example\n192.0.2.1\n"
                         "two words\nb\xc3\xbc"
                         "cher.example\nexample.com/path\n");
  EXPECT_EQ(list.report.lines, 7U);
  EXPECT_EQ(list.report.entries, 5U);
  EXPECT_EQ(list.report.rejected, 2U);
  ASSERT_EQ(list.report.rejections.size(), 2U);
  EXPECT_EQ(list.report.rejections[0].line, 7U);
  EXPECT_EQ(list.report.rejections[1].line, 9U);
  EXPECT_EQ(list.found("www.example.com"), Texts{"example.com:2"});
  EXPECT_EQ(list.found("wild.example"), Texts{"wild.example:4"});
  EXPECT_EQ(list.found("x.dot.example"), Texts{"dot.example:5"});
  EXPECT_EQ(list.found("192.0.2.1"), Texts{"192.0.2.1:6"});
  EXPECT_EQ(list.found("xn--bcher-kva.example"), Texts{"xn--bcher-kva.example:8"});
}

TEST(ListImport, SaysWhatHoldsForFarMoreThanListsMeanTo) {
  struct Case {
    ListFormat format;
    std::string_view text;
    std::vector<std::string> entries;  // "line: how it begins"
  };
  for (const Case& c : {
           Case{ListFormat::domains,
                "a.example\nCOM.\n*.co.uk\ngithub.io\nfoo.github.io\nwww.com\nnosuchtld\n",
                {"2: `com` is a public suffix", "3: `co.uk` is a public suffix", "4: `github.io` is a public suffix",
                 "7: `nosuchtld` is a single label"}},
           // What is a network's own, and what a hosts file says of one name and of no other.
           Case{ListFormat::domains, "localhost\nlan\nlocal\nlocaldomain\nonion\nhome\n", {}},
           Case{ListFormat::hosts, "0.0.0.0 localhost printer com co.uk\n127.0.0.1 localhost.localdomain\n", {}},
           Case{ListFormat::dnsmasq, "address=/zip/0.0.0.0\nserver=/lan/\n", {"1: `zip` is a public suffix"}},
           Case{ListFormat::adblock,
                "||com^\n||com/ads\n@@||co.uk^\n",
                {"1: `com` is a public suffix", "3: `co.uk` is a public suffix"}},
           Case{ListFormat::addresses,
                "0.0.0.0/8\n0.0.0.0/0\n::/0\n128.0.0.0/1\n224.0.0.0/3\n8000::/1\n2000::/3\n2000::/4\n"
                "0.0.0.0-255.255.255.255\n",
                {"2: `0.0.0.0/0` holds half of all IPv4", "3: `::/0` holds every IPv6", "4: `128.0.0.0/1` holds half",
                 "7: `2000::/3` holds every IPv6", "9: `0.0.0.0/0` holds half"}},
       }) {
    const ImportReport report = read(c.format, c.text).report;
    EXPECT_EQ(report.wide, c.entries.size()) << c.text;
    ASSERT_EQ(report.wide_entries.size(), c.entries.size()) << c.text;
    for (std::size_t i = 0; i < c.entries.size(); ++i) {
      const std::string said = std::to_string(report.wide_entries[i].line) + ": " + report.wide_entries[i].reason;
      EXPECT_TRUE(said.starts_with(c.entries[i])) << said;
    }
    EXPECT_EQ(report.rejected, 0U) << c.text << ": it is said, and in the list all the same";
  }
}

TEST(ListImport, ReadsALabelThatIsEndedAsANameAndAnotherAsAnExpression) {
  const Read list = read(ListFormat::adblock, "||zip^\n||ads\n||10^\n");
  EXPECT_EQ(list.report.lowered, 3U);
  EXPECT_EQ(list.report.rejected, 0U);
  EXPECT_EQ(list.found("a.zip"), Texts{"zip:1"});
  EXPECT_EQ(list.found("a.zipper"), Texts{});
  EXPECT_EQ(list.set->sizes().expressions, 2U);
  EXPECT_EQ(list.found("adserver.example").size(), 1U) << "`ads` is how a label begins";
  EXPECT_EQ(list.found("192.0.2.10").size(), 1U);
}

TEST(ListImport, CountsAllWideEntriesAndKeepsTheFirst) {
  std::string text;
  for (int i = 0; i < 50; ++i) { text += "nosuchtld" + std::string(1 + i % 26, 'x') + std::to_string(i) + "x\n"; }
  const ImportReport report = read(ListFormat::domains, text).report;
  EXPECT_EQ(report.wide, 50U);
  EXPECT_EQ(report.wide_entries.size(), ImportReport::kMostWide);
}

TEST(ListImport, LooksForPublicSuffixesAmongTheFirstNamesOfALongList) {
  std::string text;
  for (std::uint32_t i = 0; i < ListCompiler::kMostSuffixesAsked; ++i) {
    text += "n" + std::to_string(i) + ".example\n";
  }
  const ImportReport report = read(ListFormat::domains, "co.uk\n" + text + "co.jp\ncom\n").report;
  ASSERT_EQ(report.wide_entries.size(), 2U);
  EXPECT_EQ(report.wide_entries[0].line, 1U);
  EXPECT_EQ(report.wide_entries[1].line, ListCompiler::kMostSuffixesAsked + 3) << "a single label is always seen";
}

TEST(ListImport, ReadsHostsFilesAsExactNames) {
  const Read list = read(ListFormat::hosts,
                         "127.0.0.1 localhost\n::1 localhost ip6-loopback\nfe80::1%lo0 localhost\n"
                         "0.0.0.0 a.example b.example # two\n192.0.2.1 nas.example\nc.example\n0.0.0.0\n");
  EXPECT_EQ(list.report.entries, 2U);
  EXPECT_EQ(list.report.skipped, 4U);
  EXPECT_EQ(list.report.rejected, 3U);
  EXPECT_EQ(list.found("a.example"), Texts{"a.example:4"});
  EXPECT_EQ(list.found("www.a.example"), Texts{});
  EXPECT_EQ(list.found("nas.example"), Texts{});
  // As inet_aton(3) reads it.
  const Read zero = read(ListFormat::hosts, "0 a.example\n0\n00 b.example\n");
  EXPECT_EQ(zero.found("a.example"), Texts{"a.example:1"});
  EXPECT_EQ(zero.report.rejected, 2U);
}

TEST(ListImport, ReadsSquidguardUrls) {
  const Read list =
      read(ListFormat::squidguard_urls,
           "www.example.com/Path\nhttp://example.org/a?b=C\nexample.net/\nhost.example:8080/a\n192.0.2.1/x\n");
  EXPECT_EQ(list.report.rejected, 1U);
  EXPECT_EQ(list.found("example.com", "/path/more"), Texts{"example.com/path:1"});
  EXPECT_EQ(list.found("www3.example.com", "/PATH"), Texts{"example.com/path:1"});
  EXPECT_EQ(list.found("sub.example.com", "/path"), Texts{});
  EXPECT_EQ(list.found("example.org", "/a?b=c&d"), Texts{"example.org/a?b=c:2"});
  EXPECT_EQ(list.found("www.example.net"), Texts{"example.net:3"});
  EXPECT_EQ(list.found("192.0.2.1", "/xyz"), Texts{"192.0.2.1/x:5"});
}

TEST(ListImport, ReadsSquidguardExpressions) {
  const Read list = read(ListFormat::squidguard_expressions, "\\<casino\\>\n(unclosed\n");
  EXPECT_EQ(list.report.rejected, 1U);
  EXPECT_EQ(list.report.rejections.at(0).line, 2U);
  EXPECT_EQ(list.found("h.example", "/the-CASINO-x").size(), 1U);
  EXPECT_EQ(list.found("h.example", "/casinos").size(), 0U);
}

TEST(ListImport, ReadsDnsmasq) {
  const Read list = read(ListFormat::dnsmasq,
                         "address=/a.example/b.example/0.0.0.0\nlocal=/c.example/\nserver=/d.example/\n"
                         "address=/e.example/#\nserver=/ok.a.example/#\naddress=/f.example/192.0.2.1\n"
                         "server=/g.example/192.0.2.53\nno-resolv\naddress=x\n");
  for (const char* host : {"x.a.example", "b.example", "c.example", "d.example", "e.example"}) {
    EXPECT_EQ(list.found(host).size(), 1U) << host;
  }
  EXPECT_EQ(list.found("ok.a.example"), (Texts{"a.example:1", "not ok.a.example:5"}));
  EXPECT_EQ(list.found("f.example"), Texts{});
  EXPECT_EQ(list.report.unsupported.size(), 3U);
  EXPECT_EQ(list.report.rejected, 1U);
}

TEST(ListImport, ReadsUnbound) {
  const Read list =
      read(ListFormat::unbound,
           "server:\n  local-zone: \"a.example.\" always_nxdomain # why\nlocal-zone: ok.a.example transparent\n"
           "local-data: \"b.example 60 IN A 0.0.0.0\"\nlocal-data: \"c.example A 192.0.2.1\"\n"
           "local-zone: d.example sometimes\nforward-zone:\n");
  EXPECT_EQ(list.found("x.a.example"), Texts{"a.example:2"});
  EXPECT_EQ(list.found("ok.a.example"), (Texts{"a.example:2", "not ok.a.example:3"}));
  EXPECT_EQ(list.found("b.example"), Texts{"b.example:4"});
  EXPECT_EQ(list.found("x.b.example"), Texts{});
  EXPECT_EQ(list.found("c.example"), Texts{});
  EXPECT_EQ(list.report.rejected, 1U);
  EXPECT_EQ(list.report.unsupported.size(), 2U);
}

// Data of a zone are answers, be they ahead of the zone or behind it: nothing is blocked that has one.
TEST(ListImport, TakesUnboundZonesThatAnswerForNoBlocks) {
  const Read list =
      read(ListFormat::unbound,
           "local-data: \"www.google.test CNAME forcesafesearch.google.test\"\n"
           "local-zone: \"www.google.test.\" redirect\nlocal-zone: \"app.test\" redirect\n"
           "local-data: 'App.Test. 60 IN A 192.168.1.10'\nlocal-zone: home.test static\n"
           "local-data: \"nas.home.test AAAA fd00::2\"\nlocal-zone: ads.home.test redirect\n"
           "local-data: \"ads.home.test A 0.0.0.0\"\nlocal-zone: never.test always_nxdomain\n"
           "local-data: \"never.test A 192.0.2.1\"\nlocal-zone: null.test redirect\n"
           "local-data: \"null.test A 127.0.0.2\"\nlocal-data: \"null.test AAAA ::\"\n"
           "local-data: \"both.test A 0.0.0.0\"\nlocal-data: \"both.test AAAA fd00::3\"\n"
           "local-zone: xhome.test static\nlocal-zone: mail.test static\nlocal-data: \"mail.test MX 10 a.test\"\n");
  for (const char* host : {"www.google.test", "app.test", "x.app.test", "x.home.test", "nas.home.test", "both.test"}) {
    EXPECT_EQ(list.found(host), Texts{}) << host;
  }
  EXPECT_EQ(list.found("x.ads.home.test"), Texts{"ads.home.test:7"});
  EXPECT_EQ(list.found("x.never.test"), Texts{"never.test:9"}) << "this type heeds no data";
  EXPECT_EQ(list.found("x.null.test"), Texts{"null.test:11"});
  EXPECT_EQ(list.found("xhome.test"), Texts{"xhome.test:16"});
  EXPECT_EQ(list.found("mail.test"), Texts{"mail.test:17"}) << "data that lead nowhere";
  EXPECT_EQ(list.report.unsupported,
            (std::map<std::string, std::uint64_t>{{"local-data with an answer of its own", 5},
                                                  {"local-data of a name with an answer of its own", 1},
                                                  {"local-zone whose local-data has an answer of its own", 3}}));
  EXPECT_EQ(list.report.lines, 18U);
}

TEST(ListImport, ReadsResponsePolicyZones) {
  const Read list = read(ListFormat::rpz,
                         "$TTL 60\n$ORIGIN rpz.example.\n@ SOA a. b. ( 1\n 2 3 4\n 5 )\n@ NS localhost.\n"
                         "a.example CNAME .\n*.b.example 60 IN CNAME *.\nok.b.example CNAME rpz-passthru.\n"
                         "c.example.rpz.example. A 0.0.0.0\n  AAAA ::\n24.0.2.0.192.rpz-ip CNAME .\n"
                         "48.zz.2.2001.rpz-ip CNAME .\nx.rpz-nsdname CNAME .\nwrong\n");
  EXPECT_EQ(list.found("a.example"), Texts{"a.example:7"});
  EXPECT_EQ(list.found("x.a.example"), Texts{});
  EXPECT_EQ(list.found("b.example"), Texts{});
  EXPECT_EQ(list.found("x.b.example"), Texts{"b.example:8"});
  EXPECT_EQ(list.found("ok.b.example"), (Texts{"b.example:8", "not ok.b.example:9"}));
  EXPECT_EQ(list.found("c.example"), Texts{"c.example:10"});
  EXPECT_EQ(list.report.rejected, 1U);
  EXPECT_EQ(list.report.unsupported, (std::map<std::string, std::uint64_t>{{"rpz-nsdname", 1}}));
  ListHits hits;
  list.set->find_destination(test::address("192.0.2.9"), hits);
  list.set->find_destination(test::address("2001:2::9"), hits);
  EXPECT_EQ(test::texts(hits), (Texts{"l/l: 192.0.2.0/24 at 12", "l/l: 2001:2::/48 at 13"}));
}

TEST(ListImport, LowersAdblockRules) {
  const Read list = read(ListFormat::adblock,
                         "[Adblock Plus 2.0]\n! comment\n||a.example^\n||b.example/banner/\n@@||ok.a.example^\n"
                         "||c.example^$third-party\nexample.com##.ad\n/track[0-9]+/\n/ads/*/x^\n||d.example^$all\n"
                         "@@||b.example/banner/ok.js\n|http://e.example/f|\n/(?=x)/\n*\n");
  EXPECT_EQ(list.found("x.a.example"), Texts{"a.example:3"});
  EXPECT_EQ(list.found("ok.a.example"), (Texts{"a.example:3", "not ok.a.example:5"}));
  EXPECT_EQ(list.found("b.example", "/Banner/1.gif"), Texts{"b.example/banner/:4"});
  EXPECT_EQ(list.found("b.example", "/banner/ok.js"), (Texts{"b.example/banner/:4", "not b.example/banner/ok.js:11"}));
  EXPECT_EQ(list.found("c.example"), Texts{});
  EXPECT_EQ(list.found("h.example", "/TRACK12").size(), 1U);
  EXPECT_EQ(list.found("h.example", "/ads/y/x?z").size(), 1U);
  EXPECT_EQ(list.found("h.example", "/ads/y/xz").size(), 0U);
  EXPECT_EQ(list.found("d.example").size(), 1U);
  EXPECT_EQ(list.found("e.example", "/f").size(), 1U);
  EXPECT_EQ(list.found("e.example", "/fg").size(), 0U);
  EXPECT_EQ(list.report.skipped, 2U);
  EXPECT_EQ(list.report.rejected, 2U);
  EXPECT_EQ(list.report.unsupported, (std::map<std::string, std::uint64_t>{{"option third-party", 1}}));
  EXPECT_EQ(list.report.lowered, 7U);
}

TEST(ListImport, RejectsAdblockRulesThatEveryUrlMatches) {
  for (const char* rule : {"||",     "|",      "||*",     "|*",      "*|",    "|*|",     "^",     "^*",
                           "*^",     "||*^",   "||*.*",   "//",      "/",     "/*",      "://",   ".",
                           "|http",  "http",   "/^/",     "/.*/",    "/a*/",  "/()/",    "@@||",  "@@|",
                           "||$all", "*",      "|http:",  "https",   ":443|", "/.{3,}/", "/\\./", "||$important",
                           "/h|x/",  "@@/.?/", "/[^x]*/", "/:\\d+$/"}) {
    const Read list = read(ListFormat::adblock, std::string(rule) + "\n");
    EXPECT_EQ(list.report.entries, 0U) << rule;
    EXPECT_EQ(list.report.rejected, 1U) << rule;
    EXPECT_EQ(list.report.lowered, 0U) << rule;
  }
  const Read cut = read(ListFormat::adblock, "||a.example^\n||");
  EXPECT_EQ(cut.found("h.example"), Texts{});
  EXPECT_EQ(cut.report.rejections.at(0).reason, "an expression that every URL matches");
}

TEST(ListImport, RejectsSquidguardExpressionsThatEveryUrlMatches) {
  const Read list = read(ListFormat::squidguard_expressions, ".*\n(ads|)\n^http\n\\<\n:443$\n[.]\n(ads|track)\n");
  EXPECT_EQ(list.report.rejected, 6U);
  EXPECT_EQ(list.found("h.example", "/track").size(), 1U);
}

TEST(ListImport, ReadsAddresses) {
  const Read list =
      read(ListFormat::addresses,
           "# comment\n192.0.2.0/24\n10.9.8.7 ; SBL1\n2001:db8::/32\n10.0.0.255-10.0.2.0\n"
           "create x hash:net\nadd x 172.16.5.4/16 timeout 0\nadd x 172.16.1.0/24 nomatch\n1.2.3.4/33\nx\n"
           "0.0.0.0-255.255.255.255\n");
  const auto found = [&](std::string_view address) {
    ListHits hits;
    list.set->find_destination(test::address(address), hits);
    Texts texts = test::texts(hits);
    texts.erase("l/l: 0.0.0.0/0 at 11");
    return texts;
  };
  EXPECT_EQ(found("10.9.8.7"), Texts{});  // the range of all addresses says it already
  EXPECT_EQ(found("2001:db8::9"), Texts{"l/l: 2001:db8::/32 at 4"});
  EXPECT_EQ(found("172.16.1.9"), Texts{"l/l: 172.16.1.0/24 at 8"});
  EXPECT_EQ(list.report.rejected, 2U);
  EXPECT_EQ(list.report.exceptions, 1U);
  EXPECT_EQ(list.report.entries, 9U);
}

TEST(ListImport, RefusesASuddenChange) {
  EXPECT_FALSE(change_refused(0, 5, 20));
  EXPECT_FALSE(change_refused(100, 80, 20));
  EXPECT_FALSE(change_refused(100, 120, 20));
  EXPECT_EQ(change_refused(100, 79, 20), "shrank from 100 entries to 79, by more than 20 %");
  EXPECT_EQ(change_refused(100, 121, 20), "grew from 100 entries to 121, by more than 20 %");
}

}  // namespace
}  // namespace sluice::policy
