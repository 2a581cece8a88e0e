// Compiled lists against slow and obvious ones, and what a damaged file is.

#include <functional>
#include <map>
#include <random>

#include "lists_support.hpp"
#include "policy/lists/packed_name.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

using test::opened;
using test::set_of;
using Texts = std::multiset<std::string>;

Texts found_host(const ListSet& set, std::string_view host) {
  ListHits found;
  set.find_host(host, found);
  return test::texts(found);
}

Texts found_url(const Lists& lists, std::string_view host, std::string_view url) {
  ListHits found;
  lists.find_host(host, found);
  found.hits.clear();
  lists.find_url(url, found);
  return test::texts(found);
}

TEST(PackedName, KeepsEveryName) {
  for (const std::string_view name : {"a", "ab", "abc", "abcd.e", "xn--bcher-kva.example", "_x-9.z"}) {
    EXPECT_EQ(unpacked(PackedName(name).octets()), name);
  }
  EXPECT_EQ(PackedName(std::string(253, 'z')).units(), PackedName::kMostUnits);
  EXPECT_NE(PackedName("a").octets(), PackedName("aa").octets());
  EXPECT_EQ(unpacked("\xff\xff"), "") << "a unit that packs no characters";
}

TEST(ListName, IsNormal) {
  struct Case {
    std::string_view text;
    std::string_view name;
  };
  for (const Case& c : {Case{"WWW.Example.COM", "www.example.com"}, Case{"example.com.", "example.com"},
                        Case{"b\xc3\xbc"
                             "cher.example",
                             "xn--bcher-kva.example"},
                        Case{"B\xc3\x9c"
                             "CHER.example.",
                             "xn--bcher-kva.example"},
                        Case{"fa\xc3\x9f.de", "xn--fa-hia.de"}, Case{"_dmarc.a-.example", "_dmarc.a-.example"}}) {
    NameBuffer buffer;
    const auto name = normal_name(c.text, buffer);
    ASSERT_TRUE(name) << c.text << ": " << to_string(name.error());
    EXPECT_EQ(*name, c.name);
  }
}

TEST(ListName, IsRefusedWithItsReason) {
  struct Case {
    std::string text;
    NameError error;
  };
  for (const Case& c :
       {Case{"", NameError::empty}, Case{".", NameError::empty}, Case{"a..b", NameError::empty_label},
        Case{".a", NameError::empty_label}, Case{"a b", NameError::bad_octet}, Case{"a/b", NameError::bad_octet},
        Case{"1.2.3.4", NameError::number}, Case{"a.0x1f", NameError::number},
        Case{std::string(64, 'a'), NameError::long_label}, Case{std::string(260, 'a'), NameError::too_long},
        Case{"\xff\xfe.com", NameError::not_idn}, Case{std::string("\xc3\xbc\0x", 4), NameError::bad_octet}}) {
    NameBuffer buffer;
    const auto name = normal_name(c.text, buffer);
    ASSERT_FALSE(name) << c.text;
    EXPECT_EQ(name.error(), c.error) << c.text << ": " << to_string(name.error());
  }
}

TEST(ListSet, FindsANameAsFarAsItReaches) {
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"l", "c", false}).value();
  ASSERT_TRUE(compiler.add_host("sub.example", {.tag = tag, .line = 1, .reach = Reach::subtree}));
  ASSERT_TRUE(compiler.add_host("exact.example", {.tag = tag, .line = 2, .reach = Reach::exact}));
  ASSERT_TRUE(compiler.add_host("below.example", {.tag = tag, .line = 3, .reach = Reach::below}));
  ASSERT_TRUE(compiler.add_host("www.example", {.tag = tag, .line = 4, .reach = Reach::with_www}));
  const auto set = set_of(compiler);
  const Texts sub{"l/c: sub.example at 1"};
  EXPECT_EQ(found_host(*set, "sub.example"), sub);
  EXPECT_EQ(found_host(*set, "a.b.sub.example"), sub);
  EXPECT_EQ(found_host(*set, "xsub.example"), Texts{});
  EXPECT_EQ(found_host(*set, "exact.example"), Texts{"l/c: exact.example at 2"});
  EXPECT_EQ(found_host(*set, "a.exact.example"), Texts{});
  EXPECT_EQ(found_host(*set, "below.example"), Texts{});
  EXPECT_EQ(found_host(*set, "a.below.example"), Texts{"l/c: below.example at 3"});
  const Texts www{"l/c: www.example at 4"};
  EXPECT_EQ(found_host(*set, "www.example"), www);
  EXPECT_EQ(found_host(*set, "www2.www.example"), www);
  EXPECT_EQ(found_host(*set, "wwwx.www.example"), Texts{});
  EXPECT_EQ(found_host(*set, "a.www.www.example"), Texts{});
  EXPECT_EQ(found_host(*set, ""), Texts{});
  EXPECT_EQ(found_host(*set, "a b.sub.example"), Texts{}) << "what is no name is in no list";
  EXPECT_EQ(found_host(*set, std::string(300, 'a')), Texts{});
}

TEST(ListSet, KeepsANameOnceWithItsFirstLineOfEachCategory) {
  ListCompiler compiler;
  const auto one = compiler.add_tag({"l", "one", false}).value();
  const auto two = compiler.add_tag({"l", "two", false}).value();
  ASSERT_TRUE(compiler.add_host("a.example", {.tag = two, .line = 9}));
  ASSERT_TRUE(compiler.add_host("A.example.", {.tag = two, .line = 4}));
  ASSERT_TRUE(compiler.add_host("a.example", {.tag = one, .line = 200'000}));
  ASSERT_TRUE(compiler.add_host("b.example", {.tag = one, .line = 3}));
  const auto compiled = compiler.finish("").value();
  EXPECT_EQ(compiled.distinct_names, 2U);
  EXPECT_EQ(compiler.counts("l").names.entries, 4U);
  EXPECT_EQ(compiler.counts("l").names.distinct, 2U);
  const auto set = opened(compiled.octets).value();
  EXPECT_EQ(found_host(*set, "a.example"), (Texts{"l/one: a.example at 200000", "l/two: a.example at 4"}));
}

TEST(ListSet, CountsWhatIsDistinctOfEachKindInEachList) {
  ListCompiler compiler(ListCompiler::Removals::carried_out);
  const auto one = compiler.add_tag({"l", "one", false}).value();
  const auto other = compiler.add_tag({"other", "one", false}).value();
  const auto two = compiler.add_tag({"l", "two", false}).value();
  std::uint32_t line = 0;
  for (const std::uint32_t tag : {one, other, two, two}) {
    ++line;
    ASSERT_TRUE(compiler.add_host("a.example", {.tag = tag, .line = line}));
    compiler.add_prefix(*Prefix::parse("10.0.0.0/8"), {.tag = tag, .line = line});
    ASSERT_TRUE(compiler.add_path("b.example", "/P", {.tag = tag, .line = line}));
    ASSERT_TRUE(compiler.add_path("b.example", "/p" + std::to_string(line), {.tag = tag, .line = line}));
    ASSERT_TRUE(compiler.add_expression("abc[0-9]", {.tag = tag, .line = line}));
  }
  ASSERT_TRUE(compiler.add_host("192.0.2.1", {.tag = one, .line = 9}));
  ASSERT_TRUE(compiler.add_host("by-hand.example", {.tag = one}));
  ASSERT_TRUE(compiler.add_host("a.example", {.tag = other, .effect = Effect::removes}));
  (void)compiler.finish("").value();
  const auto counted = compiler.counts("l");
  const auto pair = [](const ListCompiler::KindCounts& kind) { return std::pair(kind.entries, kind.distinct); };
  EXPECT_EQ(pair(counted.names), std::pair(3UL, 1UL));
  EXPECT_EQ(pair(counted.prefixes), std::pair(4UL, 2UL)) << "10.0.0.0/8 three times, and an address";
  EXPECT_EQ(pair(counted.paths), std::pair(6UL, 4UL));
  EXPECT_EQ(pair(counted.expressions), std::pair(3UL, 1UL));
  EXPECT_EQ(pair(compiler.counts("other").names), std::pair(1UL, 1UL)) << "edits by hand are no entries of the source";
  EXPECT_EQ(pair(compiler.counts("other").paths), std::pair(2UL, 2UL));
}

TEST(ListSet, KeepsAddressesOfHostsApartFromThoseOfConnections) {
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"l", "c", false}).value();
  ASSERT_TRUE(compiler.add_host("192.0.2.7", {.tag = tag, .line = 1}));
  compiler.add_prefix(*Prefix::parse("192.0.2.0/24"), {.tag = tag, .line = 2});
  const auto set = set_of(compiler);
  EXPECT_EQ(found_host(*set, "192.0.2.7"), Texts{"l/c: 192.0.2.7 at 1"});
  EXPECT_EQ(found_host(*set, "192.0.2.8"), Texts{});
  ListHits found;
  set->find_destination(test::address("192.0.2.7"), found);
  EXPECT_EQ(test::texts(found), Texts{"l/c: 192.0.2.0/24 at 2"});
}

// Names out of few letters, so that they stand below each other and repeat.
std::string crowded_name(std::mt19937& random) {
  std::string name(1, static_cast<char>('a' + random() % 3));
  for (unsigned labels = random() % 4; labels > 0; --labels) {
    name += '.';
    name += static_cast<char>('a' + random() % 3);
  }
  return name;
}

struct HostEntry {
  std::string name;
  Reach reach;
  std::uint32_t tag;
  std::uint32_t line;
};

bool reaches(const HostEntry& entry, const std::string& host) {
  const bool is_below = host.size() > entry.name.size() && host.ends_with("." + entry.name);
  switch (entry.reach) {
    case Reach::subtree:
      return is_below || host == entry.name;
    case Reach::exact:
      return host == entry.name;
    case Reach::below:
      return is_below;
    case Reach::with_www:
      break;
  }
  return host == entry.name || host == "www." + entry.name;
}

// Each membership of a name is found once, with the first of its lines.
Texts expected_hosts(const std::vector<HostEntry>& entries, const std::string& host) {
  std::map<std::tuple<std::string, Reach, std::uint32_t>, std::uint32_t> lines;
  for (const HostEntry& entry : entries) {
    if (!reaches(entry, host)) { continue; }
    const auto [line, is_new] = lines.emplace(std::tuple(entry.name, entry.reach, entry.tag), entry.line);
    if (!is_new) { line->second = std::min(line->second, entry.line); }
  }
  Texts all;
  for (const auto& [key, line] : lines) {
    all.insert("l/" + std::to_string(std::get<2>(key)) + ": " + std::get<0>(key) + " at " + std::to_string(line));
  }
  return all;
}

TEST(ListSet, FindsHostsAsASlowListDoes) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    ListCompiler compiler;
    for (int tag = 0; tag < 5; ++tag) { ASSERT_TRUE(compiler.add_tag({"l", std::to_string(tag), false})); }
    std::vector<HostEntry> entries(random() % 120);
    std::uint32_t line = 0;
    for (HostEntry& entry : entries) {
      entry = {crowded_name(random), static_cast<Reach>(random() % 4), static_cast<std::uint32_t>(random() % 5),
               ++line};
      ASSERT_TRUE(compiler.add_host(entry.name, {.tag = entry.tag, .line = entry.line, .reach = entry.reach}));
    }
    const auto set = set_of(compiler);
    for (int k = 0; k < 60; ++k) {
      const std::string host = (random() % 5 == 0 ? "www." : "") + crowded_name(random);
      ASSERT_EQ(found_host(*set, host), expected_hosts(entries, host)) << host;
    }
  }
}

Address crowded_address(std::mt19937& random) {
  std::array<std::uint8_t, 16> octets{};
  if (random() % 3 != 0) { octets[10] = octets[11] = 0xff; }
  octets[0] = static_cast<std::uint8_t>(random() % 8 == 0 ? 0x80 : 0);
  octets[12] = static_cast<std::uint8_t>(random() % 2 * 0xff);
  octets[15] = static_cast<std::uint8_t>(random() % 8);
  return Address(octets);
}

// Of the prefixes that hold an address, those with a membership that none around it has must be found; what else is
// found must be true.
TEST(ListSet, FindsAddressesAsASlowListDoes) {
  std::mt19937 random(12);
  for (int round = 0; round < 150; ++round) {
    ListCompiler compiler;
    for (int tag = 0; tag < 3; ++tag) { ASSERT_TRUE(compiler.add_tag({"l", std::to_string(tag), false})); }
    std::vector<std::pair<Prefix, std::uint32_t>> entries;
    for (unsigned count = static_cast<unsigned>(random() % 30); count > 0; --count) {
      const Prefix prefix(crowded_address(random),
                          static_cast<int>(random() % 4 == 0 ? random() % 129 : 96 + random() % 33));
      const auto tag = static_cast<std::uint32_t>(random() % 3);
      entries.emplace_back(prefix, tag);
      compiler.add_prefix(prefix, {.tag = tag, .line = 1});
    }
    const auto set = set_of(compiler);
    for (int k = 0; k < 60; ++k) {
      const Address address = crowded_address(random);
      std::set<std::string> tags;
      Texts possible;
      for (const auto& [prefix, tag] : entries) {
        if (!prefix.contains(address)) { continue; }
        tags.insert(std::to_string(tag));
        possible.insert("l/" + std::to_string(tag) + ": " + prefix.text() + " at 1");
      }
      ListHits found;
      set->find_destination(address, found);
      std::set<std::string> found_tags;
      for (const std::string& text : test::texts(found)) {
        ASSERT_TRUE(possible.contains(text)) << text;
        found_tags.insert(text.substr(2, 1));
      }
      ASSERT_EQ(found_tags, tags) << address.text();
    }
  }
}

TEST(ListSet, LeavesOutPrefixesThatSayNothingMore) {
  ListCompiler compiler;
  const auto one = compiler.add_tag({"l", "one", false}).value();
  const auto two = compiler.add_tag({"l", "two", false}).value();
  compiler.add_prefix(*Prefix::parse("10.0.0.0/8"), {.tag = one});
  compiler.add_prefix(*Prefix::parse("10.1.0.0/16"), {.tag = one});
  compiler.add_prefix(*Prefix::parse("10.2.0.0/16"), {.tag = two});
  const auto compiled = compiler.finish("").value();
  EXPECT_EQ(compiled.covered_prefixes, 1U);
  EXPECT_EQ(opened(compiled.octets).value()->sizes().prefixes, 2U);
}

TEST(ListSet, FindsPathsAsASlowListDoes) {
  std::mt19937 random(13);
  const auto crowded_path = [&] {
    std::string path = "/";
    for (unsigned size = static_cast<unsigned>(random() % 6); size > 0; --size) { path += "ab/?"[random() % 4]; }
    return path;
  };
  for (int round = 0; round < 60; ++round) {
    ListCompiler compiler;
    const auto tag = compiler.add_tag({"l", "c", false}).value();
    std::set<std::pair<std::string, std::string>> entries;
    for (unsigned count = static_cast<unsigned>(random() % 80); count > 0; --count) {
      const std::string host = crowded_name(random);
      const std::string path = crowded_path();
      ASSERT_TRUE(compiler.add_path(host, path, {.tag = tag, .line = 7}));
      entries.emplace(host, path);
    }
    const Lists lists(set_of(compiler), nullptr);
    for (int k = 0; k < 60; ++k) {
      const std::string host = crowded_name(random);
      const std::string path = crowded_path();
      Texts expected;
      for (const auto& [name, beginning] : entries) {
        const bool is_there = host == name || host.ends_with("." + name);
        if (is_there && path.starts_with(beginning)) { expected.insert("l/c: " + name + beginning + " at 7"); }
      }
      ASSERT_EQ(found_url(lists, host, "http://" + host + path), expected) << host << path;
    }
  }
}

TEST(ListSet, ComparesPathsWithoutCaseAndBelowAddresses) {
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"l", "c", false}).value();
  ASSERT_TRUE(compiler.add_path("Example.com", "/Foo?X=\xc3\xbc#part", {.tag = tag, .line = 1}));
  ASSERT_TRUE(compiler.add_path("192.0.2.1", "/x", {.tag = tag, .line = 2}));
  ASSERT_TRUE(compiler.add_path("example.com", "/%7Euser/%41%2fb%", {.tag = tag, .line = 3}));
  EXPECT_FALSE(compiler.add_path("example.com", "foo", {.tag = tag}));
  EXPECT_FALSE(compiler.add_path("example.com", "/a b", {.tag = tag}));
  EXPECT_FALSE(compiler.add_path("2001:db8::1", "/a", {.tag = tag}));
  const Lists lists(set_of(compiler), nullptr);
  EXPECT_EQ(found_url(lists, "www.example.com", "http://www.example.com/fOO?x=%C3%BC&y").size(), 1U);
  EXPECT_EQ(found_url(lists, "example.com", "http://example.com/fo").size(), 0U);
  EXPECT_EQ(found_url(lists, "example.com", "example.com:443").size(), 0U);
  EXPECT_EQ(found_url(lists, "192.0.2.1", "http://192.0.2.1/xyz").size(), 1U);
  EXPECT_EQ(found_url(lists, "example.com", "http://example.com/~user/A%2Fb%25").size(), 1U) << "the normal form";
  EXPECT_EQ(found_url(lists, "example.com", "http://example.com/~user/A/b%25").size(), 0U) << "another path";
}

TEST(ListSet, ResolvesDotSegmentsOfPathsThatAreWhole) {
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"l", "c", false}).value();
  ASSERT_TRUE(compiler.add_path("example.com", "/x/../Ads/%2E/1", {.tag = tag, .line = 1}));
  ASSERT_TRUE(compiler.add_path("example.com", "/a/.", {.tag = tag, .line = 2}));
  ASSERT_TRUE(compiler.add_path("example.com", "/b/..?q=/./", {.tag = tag, .line = 3}));
  const Lists lists(set_of(compiler), nullptr);
  const auto count = [&](std::string_view path) {
    return found_url(lists, "example.com", "http://example.com" + std::string(path)).size();
  };
  EXPECT_EQ(count("/ads/12"), 1U);
  EXPECT_EQ(count("/a/.git"), 1U) << "a beginning, whose last segment goes on";
  EXPECT_EQ(count("/a/b"), 0U);
  EXPECT_EQ(count("/?q=/./x"), 1U) << "a query ends the path";
}

TEST(ListSet, FindsExpressionsOfEveryKind) {
  const std::vector<std::string> expressions{
      "ads[0-9]+\\.gif$", "(foo|bar)baz", "^http://x\\.", "[0-9]{4}", "(?i)SeXy.*(picture|movie)s?", "a.c",
      "/banner/",         "q=[a-f]*&zz"};
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"l", "c", false}).value();
  for (const std::string& expression : expressions) {
    ASSERT_TRUE(compiler.add_expression(expression, {.tag = tag, .line = 3}));
  }
  EXPECT_FALSE(compiler.add_expression("(unclosed", {.tag = tag}));
  EXPECT_FALSE(compiler.add_expression("(?=ahead)", {.tag = tag}));
  const Lists lists(set_of(compiler), nullptr);
  const auto found = [&](std::string_view url) {
    std::set<std::string> texts;
    for (const std::string& text : found_url(lists, "h.example", url)) { texts.insert(text); }
    return texts;
  };
  const auto text_of = [&](std::size_t number) { return "l/c: " + expressions[number] + " at 3"; };
  EXPECT_EQ(found("http://h.example/ads12.gif"), std::set{text_of(0)});
  EXPECT_EQ(found("http://h.example/ADS12.gif"), std::set<std::string>{}) << "case counts unless (?i) says not";
  EXPECT_EQ(found("http://h.example/xbarbaz"), std::set{text_of(1)});
  EXPECT_EQ(found("http://x.h/1234"), (std::set{text_of(2), text_of(3)}));
  EXPECT_EQ(found("http://h.example/SEXY-movie"), std::set{text_of(4)});
  EXPECT_EQ(found("http://h.example/abc/banner/"), (std::set{text_of(5), text_of(6)}));
  EXPECT_EQ(found("http://h.example/?q=abc&zz"), (std::set{text_of(5), text_of(7)}));
}

// The filter must never hide a match: thousands of expressions, each against a URL made to match and others.
TEST(ListSet, TheFilterHidesNoMatch) {
  std::mt19937 random(14);
  const auto word = [&](std::size_t size) {
    std::string text;
    while (text.size() < size) { text += static_cast<char>('a' + random() % 26); }
    return text;
  };
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"l", "c", false}).value();
  std::vector<std::string> urls;
  for (std::uint32_t i = 0; i < 1500; ++i) {
    const std::string a = word(1 + random() % 6);
    const std::string b = word(1 + random() % 6);
    const std::vector<std::pair<std::string, std::string>> kinds{{"/" + a + "[0-9]" + b, "/" + a + "7" + b},
                                                                 {"(" + a + "|" + b + ")/z", b + "/z"},
                                                                 {a + ".*" + b + "$", a + "--" + b},
                                                                 {"(" + a + ")?x" + b, "x" + b}};
    const auto& [expression, match] = kinds[random() % kinds.size()];
    ASSERT_TRUE(compiler.add_expression(expression, {.tag = tag, .line = i + 1}));
    urls.push_back("http://h.example/" + match);
  }
  const auto compiled = compiler.finish("").value();
  EXPECT_TRUE(compiled.refused.empty());
  const Lists lists(opened(compiled.octets).value(), nullptr);
  for (std::uint32_t i = 0; i < urls.size(); ++i) {
    ListHits found;
    lists.find_url(urls[i], found);
    ASSERT_FALSE(found.hits.empty()) << urls[i];
  }
}

std::string some_file() {
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"list", "category", true}).value();
  for (int i = 0; i < 40; ++i) { EXPECT_TRUE(compiler.add_host("h" + std::to_string(i) + ".example", {.tag = tag})); }
  EXPECT_TRUE(compiler.add_path("p.example", "/path", {.tag = tag}));
  EXPECT_TRUE(compiler.add_expression("evil[0-9]", {.tag = tag}));
  compiler.add_prefix(*Prefix::parse("10.0.0.0/8"), {.tag = tag});
  return test::octets_of(compiler, "the origin");
}

TEST(ListFile, IsTheSameForTheSameInput) {
  EXPECT_EQ(some_file(), some_file());
  const auto set = opened(some_file()).value();
  EXPECT_EQ(set->origin(), "the origin");
  EXPECT_EQ(set->tags(), (std::vector<ListTag>{{"list", "category", true}}));
}

TEST(ListFile, IsRefusedWhenAnyOctetIsDamaged) {
  const std::string good = some_file();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    ASSERT_FALSE(opened(bad)) << "octet " << i;
  }
}

TEST(ListFile, IsRefusedWhenItIsCut) {
  const std::string good = some_file();
  for (std::size_t size = 0; size < good.size(); ++size) { ASSERT_FALSE(opened(good.substr(0, size))) << size; }
  EXPECT_FALSE(opened(good + "more"));
}

TEST(Lists, AnEditIsFoundAtOnceAndOneThatIsRemovedNotAnyMore) {
  ListCompiler base;
  const auto tag = base.add_tag({"l", "c", false}).value();
  const auto other = base.add_tag({"m", "m", false}).value();
  ASSERT_TRUE(base.add_host("old.example", {.tag = tag, .line = 1}));
  ASSERT_TRUE(base.add_host("old.example", {.tag = other, .line = 1}));
  ASSERT_TRUE(base.add_host("sub.old.example", {.tag = tag, .line = 2}));
  ASSERT_TRUE(base.add_path("p.example", "/a", {.tag = tag, .line = 3}));
  ASSERT_TRUE(base.add_expression("evil[0-9]", {.tag = tag, .line = 4}));
  base.add_prefix(*Prefix::parse("10.0.0.0/8"), {.tag = tag, .line = 5});
  ListCompiler edits;
  for (const ListTag& known : base.tags()) { ASSERT_TRUE(edits.add_tag(known)); }
  const EntryPlace removed{.tag = tag, .effect = Effect::removes};
  ASSERT_TRUE(edits.add_host("old.example", removed));
  ASSERT_TRUE(edits.add_path("p.example", "/a", removed));
  ASSERT_TRUE(edits.add_expression("evil[0-9]", removed));
  edits.add_prefix(*Prefix::parse("10.0.0.0/8"), removed);
  ASSERT_TRUE(edits.add_host("new.example", {.tag = tag}));
  const Lists lists(set_of(base), set_of(edits));
  const auto found = [&](std::string_view host, const std::string& path) {
    ListHits hits;
    lists.find_host(host, hits);
    lists.find_url("http://" + std::string(host) + path, hits);
    lists.find_destination(test::address("10.1.2.3"), hits);
    return test::texts(hits);
  };
  EXPECT_EQ(found("old.example", "/"), Texts{"m/m: old.example at 1"});
  EXPECT_EQ(found("sub.old.example", "/evil1"), (Texts{"l/c: sub.old.example at 2", "m/m: old.example at 1"}));
  EXPECT_EQ(found("p.example", "/a"), Texts{});
  EXPECT_EQ(found("www.new.example", "/"), Texts{"l/c: new.example at 0"});
}

TEST(Lists, RemovalsAreCarriedOutWhenTheyAreCompiledIn) {
  ListCompiler compiler(ListCompiler::Removals::carried_out);
  const auto one = compiler.add_tag({"l", "one", false}).value();
  const auto two = compiler.add_tag({"l", "two", false}).value();
  for (const std::uint32_t tag : {one, two}) {
    ASSERT_TRUE(compiler.add_host("a.example", {.tag = tag, .line = 1, .reach = Reach::exact}));
    ASSERT_TRUE(compiler.add_path("a.example", "/p", {.tag = tag, .line = 2}));
    ASSERT_TRUE(compiler.add_expression("evil[0-9]", {.tag = tag, .line = 3}));
    compiler.add_prefix(*Prefix::parse("10.0.0.0/8"), {.tag = tag, .line = 4});
  }
  const EntryPlace removed{.tag = one, .effect = Effect::removes};
  ASSERT_TRUE(compiler.add_host("a.example", removed));
  ASSERT_TRUE(compiler.add_path("a.example", "/p", removed));
  ASSERT_TRUE(compiler.add_expression("evil[0-9]", removed));
  compiler.add_prefix(*Prefix::parse("10.0.0.0/8"), removed);
  ASSERT_TRUE(compiler.add_host("never.example", removed));
  const Lists lists(set_of(compiler), nullptr);
  ListHits hits;
  lists.find_host("a.example", hits);
  lists.find_url("http://a.example/p?evil1", hits);
  lists.find_destination(test::address("10.1.2.3"), hits);
  EXPECT_EQ(test::texts(hits), (Texts{"l/two: a.example at 1", "l/two: a.example/p at 2", "l/two: evil[0-9] at 3",
                                      "l/two: 10.0.0.0/8 at 4"}));
}

}  // namespace
}  // namespace sluice::policy
