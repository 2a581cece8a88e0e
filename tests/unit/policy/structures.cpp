// The structures below the language: sets of addresses, of hosts, of expressions; nearest names.

#include <random>

#include "policy/address_index.hpp"
#include "policy/host_index.hpp"
#include "policy/nearest.hpp"
#include "policy/url_patterns.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

// Addresses that differ in few bits only, so that prefixes overlap and touch.
Address crowded_address(std::mt19937& random) {
  std::array<std::uint8_t, 16> octets{};
  octets[0] = static_cast<std::uint8_t>(random() & 0x81);
  octets[7] = static_cast<std::uint8_t>(random() & 0xff);
  octets[15] = static_cast<std::uint8_t>(random() & 0x07);
  return Address(octets);
}

TEST(AddressIndex, HoldsWhatOneOfItsPrefixesHolds) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Prefix> prefixes;
    for (unsigned count = random() % 12; count > 0; --count) {
      prefixes.emplace_back(crowded_address(random), static_cast<int>(random() % 129));
    }
    const AddressIndex index(prefixes);
    for (int k = 0; k < 50; ++k) {
      const Address address = crowded_address(random);
      const bool is_held =
          std::any_of(prefixes.begin(), prefixes.end(), [&](const Prefix& p) { return p.contains(address); });
      ASSERT_EQ(index.contains(address), is_held) << address.text();
    }
  }
}

TEST(AddressIndex, HandlesBothEndsOfTheAddressSpace) {
  const AddressIndex all(std::vector{*Prefix::parse("::/1"), *Prefix::parse("8000::/1")});
  EXPECT_TRUE(all.contains(Address{}));
  EXPECT_TRUE(all.contains(test::address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
  const AddressIndex last(std::vector{*Prefix::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), *Prefix::parse("::")});
  EXPECT_TRUE(last.contains(Address{}));
  EXPECT_FALSE(last.contains(test::address("::1")));
  EXPECT_FALSE(AddressIndex({}).contains(Address{}));
}

TEST(HostIndex, KeepsNamesAndSuffixesApart) {
  const HostIndex index(std::vector<HostPattern>{{"a.example", false}, {"b.example", true}, {"b.example", true}});
  EXPECT_TRUE(index.contains("a.example"));
  EXPECT_FALSE(index.contains("x.a.example"));
  EXPECT_TRUE(index.contains("b.example"));
  EXPECT_TRUE(index.contains("x.y.b.example"));
  EXPECT_FALSE(index.contains("xb.example"));
  EXPECT_FALSE(index.contains("example"));
  EXPECT_FALSE(index.contains(""));
  EXPECT_FALSE(index.contains("."));
}

TEST(HostIndex, SaysTheSameForManyNamesAsForFew) {
  std::vector<HostPattern> patterns{{"a.example", false}, {"b.example", true}};
  for (int i = 0; i < 50; ++i) { patterns.push_back({"filler" + std::to_string(i) + ".example", i % 2 == 0}); }
  const HostIndex index(patterns);
  EXPECT_TRUE(index.contains("a.example"));
  EXPECT_FALSE(index.contains("x.a.example"));
  EXPECT_TRUE(index.contains("x.y.b.example"));
  EXPECT_TRUE(index.contains("b.example"));
  EXPECT_FALSE(index.contains("xb.example"));
  EXPECT_FALSE(index.contains(""));
}

TEST(UrlPatterns, StayRightWhenTheirMemoryRunsOut) {
  UrlPatterns patterns;
  // The states of these multiply: far more of them are possible than the memory of the set can hold.
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(patterns.add("[ab]*a[ab]{" + std::to_string(10 + i) + "}c" + std::to_string(i) + "$"));
  }
  ASSERT_TRUE(patterns.compile());
  std::mt19937 random(1);
  std::string url = "http://a/";
  for (int i = 0; i < 20'000; ++i) { url += random() % 2 == 0 ? 'a' : 'b'; }
  url += 'a' + std::string(15, 'b') + "c5";
  UrlPatterns::Matches matches;
  patterns.match(url, matches);
  EXPECT_TRUE(matches.has_any(5, 6));
  EXPECT_FALSE(matches.has_any(0, 5));
  EXPECT_FALSE(matches.has_any(6, 30));
}

TEST(UrlPatterns, TogetherMayNotNeedMoreThanTheirMemory) {
  std::string text;
  for (int i = 0; i < 1500; ++i) { text += "deny url ~ \"(a|b" + std::to_string(i) + "|[^c-x]{90}){9}\"\n"; }
  const auto errors = test::errors_of(text + "allow\n");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].message.find("together need more than"), std::string::npos) << errors[0].text();
}

TEST(Nearest, KnowsWhatWasMeant) {
  constexpr std::array<std::string_view, 4> kKnown{"host", "port", "method", "scheme"};
  EXPECT_EQ(nearest("hots", kKnown), "host");
  EXPECT_EQ(nearest("hosts", kKnown), "host");
  EXPECT_EQ(nearest("prt", kKnown), "port");
  EXPECT_EQ(nearest("methdo", kKnown), "method");
  EXPECT_EQ(nearest("category", kKnown), "");
  EXPECT_EQ(nearest("", kKnown), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), kKnown), "");
}

}  // namespace
}  // namespace sluice::policy
