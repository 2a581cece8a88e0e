#include "policy/address.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::policy {
namespace {

struct Spelling {
  std::string_view text;
  std::string_view canonical;
};

TEST(Address, ReadsEverySpellingOfRfc4291AndWritesTheOneOfRfc5952) {
  const std::vector<Spelling> cases{
      {"192.0.2.33", "192.0.2.33"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8::1", "2001:db8::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // 4.2.3: the first of two runs
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // 4.2.3: the longest run
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // 4.2.2: never a single group
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"0001:0002:0003:0004:0005:0006:0007:0008", "1:2:3:4:5:6:7:8"},
      {"::ffff:127.0.0.1", "127.0.0.1"},
      {"::FFFF:7f00:1", "127.0.0.1"},
      {"0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"},
      {"::127.0.0.1", "::7f00:1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221"},
      {"fe80::0:0", "fe80::"},
  };
  for (const Spelling& spelling : cases) {
    const auto address = Address::parse(spelling.text);
    ASSERT_TRUE(address) << spelling.text;
    EXPECT_EQ(address->text(), spelling.canonical) << spelling.text;
    EXPECT_EQ(Address::parse(address->text()), address) << spelling.text;
  }
}

TEST(Address, RefusesEveryOtherSpelling) {
  const std::vector<std::string_view> cases{
      "",
      ".",
      "1",
      "127.1",
      "127.0.1",
      "127.0.0",
      "127.0.0.1.",
      ".127.0.0.1",
      "127.0.0.1.1",
      "127..0.1",
      "0127.0.0.1",
      "127.0.0.01",
      "0x7f.0.0.1",
      "2130706433",
      "0x7f000001",
      "256.0.0.1",
      "1.2.3.999",
      "1.2.3.-4",
      "+1.2.3.4",
      " 1.2.3.4",
      "1.2.3.4 ",
      "1.2.3.4/8",
      "a.b.c.d",
      "\xd9\xa1.2.3.4",
      ":",
      ":::",
      "1",
      "1:",
      ":1",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "::1:2:3:4:5:6:7:8",
      "1::2::3",
      "12345::",
      "::g",
      "::-1",
      "::0x1",
      "fe80::1%eth0",
      "[::1]",
      "::1.2.3",
      "::1.2.3.4.5",
      "::1.2.3.256",
      "::01.2.3.4",
      "1.2.3.4::",
      "1:2:3:4:5:6:7:1.2.3.4",
      "::1.2.3.4:5",
      "1:2:3:4:5:1.2.3.4",
      "::1:",
      "1:::2",
  };
  for (const std::string_view text : cases) { EXPECT_FALSE(Address::parse(text)) << text; }
}

TEST(Address, HasOneValueForAnIpv4AddressHoweverItIsWritten) {
  const auto mapped = Address::parse("::ffff:10.1.2.3");
  EXPECT_EQ(mapped, Address::from_ipv4({10, 1, 2, 3}));
  EXPECT_TRUE(mapped->is_ipv4());
  EXPECT_FALSE(Address::parse("::10.1.2.3")->is_ipv4());
  EXPECT_FALSE(Address::parse("::1")->is_ipv4());
}

TEST(Prefix, ClearsWhatStandsBehindIt) {
  const std::vector<Spelling> cases{
      {"10.1.2.3/8", "10.0.0.0/8"},
      {"10.1.2.3", "10.1.2.3"},
      {"10.1.2.3/32", "10.1.2.3"},
      {"10.1.2.255/25", "10.1.2.128/25"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"1.2.3.4/0", "0.0.0.0/0"},
      {"::/0", "::/0"},
      {"2001:db8::ff/32", "2001:db8::/32"},
      {"2001:db8::1/128", "2001:db8::1"},
      {"fe80::/10", "fe80::/10"},
      {"::ffff:10.0.0.0/104", "10.0.0.0/8"},
      {"::ffff:10.0.0.0/95", "::fffe:0:0/95"},
  };
  for (const Spelling& spelling : cases) {
    const auto prefix = Prefix::parse(spelling.text);
    ASSERT_TRUE(prefix) << spelling.text;
    EXPECT_EQ(prefix->text(), spelling.canonical);
    EXPECT_EQ(Prefix::parse(prefix->text()), prefix) << spelling.text;
  }
}

TEST(Prefix, CountsTheBitsOfTheMappedForm) {
  EXPECT_EQ(Prefix::parse("10.0.0.0/8")->bits(), 104);
  EXPECT_EQ(Prefix::parse("10.0.0.0")->bits(), 128);
  EXPECT_EQ(Prefix::parse("2001:db8::/32")->bits(), 32);
}

TEST(Prefix, RefusesOtherLengths) {
  for (const std::string_view text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0", "::/129", "::/1000", "::/ 1", "10/8", "::/x"}) {
    EXPECT_FALSE(Prefix::parse(text)) << text;
  }
}

TEST(Prefix, ContainsTheAddressesThatShareItsBits) {
  const Prefix ten = *Prefix::parse("10.0.0.0/8");
  EXPECT_TRUE(ten.contains(*Address::parse("10.255.0.1")));
  EXPECT_TRUE(ten.contains(*Address::parse("::ffff:10.0.0.1")));
  EXPECT_FALSE(ten.contains(*Address::parse("11.0.0.0")));
  EXPECT_FALSE(ten.contains(*Address::parse("::10.0.0.1")));
  const Prefix odd = *Prefix::parse("2001:db8:8000::/33");
  EXPECT_TRUE(odd.contains(*Address::parse("2001:db8:ffff::1")));
  EXPECT_FALSE(odd.contains(*Address::parse("2001:db8:7fff::1")));
  EXPECT_TRUE(Prefix::parse("::/0")->contains(*Address::parse("192.0.2.1")));
}

}  // namespace
}  // namespace sluice::policy
