// Hashes of names, and the two filters that keep lookups short: they hide nothing, and let little through in vain.

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "policy/lists/literal_filter.hpp"
#include "policy/lists/name_filter.hpp"
#include "policy/lists/name_hash.hpp"

namespace sluice::policy {
namespace {

TEST(NamesUp, HasTheHashOfEachNameAboveAsIfItStoodAlone) {
  const std::string long_label(63, 'x');
  for (const std::string& name :
       {std::string("www.example.com"), std::string("example"), std::string("a.bb.ccc.dddddddd.eeeeeeeee.f"),
        long_label + "." + long_label + "." + long_label + "." + std::string(61, 'y')}) {
    const NamesUp names(name);
    ASSERT_EQ(names.count(), 1 + static_cast<std::size_t>(std::ranges::count(name, '.'))) << name;
    for (std::size_t i = 0; i < names.count(); ++i) {
      EXPECT_EQ(names.hash(i), hash_of_name(name.substr(names.start(i)))) << name << " " << i;
    }
    EXPECT_EQ(names.start(names.count() - 1), 0u);
  }
}

TEST(NamesUp, TellsNamesApartByTheirDots) {
  std::set<std::uint64_t> hashes;
  const std::vector<std::string> names{"abc",
                                       "ab.c",
                                       "a.bc",
                                       "a.b.c",
                                       "abcdefgh.x",
                                       "abcdefghx",
                                       "x.abcdefgh",
                                       "abcdefgh.abcdefgh",
                                       "abcdefghabcdefgh",
                                       "c.b.a",
                                       "b.a.c",
                                       "a",
                                       "aa",
                                       "a.a",
                                       "aaaaaaaa",
                                       "aaaaaaa.a"};
  for (const std::string& name : names) { hashes.insert(hash_of_name(name)); }
  EXPECT_EQ(hashes.size(), names.size());
}

// A host may be anything that came from a client.
TEST(NamesUp, EndsWhateverTheOctetsAre) {
  for (const std::string& text :
       {std::string(253, '.'), std::string(".a."), std::string("a..b"), std::string("\xff.\x01")}) {
    EXPECT_LE(NamesUp(text).count(), NamesUp::kMost);
  }
}

TEST(NameFilter, LetsEveryNameThroughAndFewOthers) {
  constexpr std::size_t kNames = 100'000;
  const auto name = [](std::size_t number) { return "n" + std::to_string(number) + ".example"; };
  SectionTexts sections;
  NameFilterWriter writer(kNames);
  for (std::size_t i = 0; i < kNames; ++i) { writer.add(hash_of_name(name(i))); }
  writer.finish(sections);
  std::string file = sections.file();
  std::vector<std::uint64_t> octets(file.size() / 8 + 1);
  std::ranges::copy(file, reinterpret_cast<char*>(octets.data()));
  const auto opened = Sections::open({reinterpret_cast<const char*>(octets.data()), file.size()});
  ASSERT_TRUE(opened);
  const NameFilter filter(*opened);
  std::size_t others = 0;
  for (std::size_t i = 0; i < kNames; ++i) {
    ASSERT_TRUE(filter.may_have(hash_of_name(name(i)))) << name(i);
    others += filter.may_have(hash_of_name(name(kNames + i))) ? 1 : 0;
  }
  EXPECT_LT(others, kNames / 15);
  EXPECT_FALSE(NameFilter().may_have(hash_of_name("example")));
}

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text;
  while (text.size() < size) { text += "abc/."[random() % 5]; }
  return text;
}

TEST(LiteralFilter, FindsWhatASlowSearchFinds) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> literals;
    for (unsigned i = 0; i < 1 + random() % 40; ++i) { literals.push_back(random_text(random, 3 + random() % 8)); }
    LiteralFilter filter;
    for (std::size_t i = 0; i < literals.size(); ++i) { filter.add(literals[i], static_cast<std::uint32_t>(i)); }
    filter.build();
    for (int k = 0; k < 50; ++k) {
      const std::string text = random_text(random, random() % 40);
      GroupMask expected;
      for (std::size_t i = 0; i < literals.size(); ++i) { expected[i] = text.find(literals[i]) != text.npos; }
      GroupMask found;
      filter.scan(text, found);
      ASSERT_EQ(found, expected) << text;
    }
  }
}

TEST(LiteralFilter, HasNothingWithoutLiterals) {
  LiteralFilter filter;
  filter.build();
  GroupMask found;
  filter.scan("http://example.com/", found);
  EXPECT_TRUE(found.none());
}

}  // namespace
}  // namespace sluice::policy
