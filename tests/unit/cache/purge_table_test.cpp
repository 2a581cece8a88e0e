#include "cache/purge_table.hpp"

#include <gtest/gtest.h>

#include "cache/tags.hpp"
#include "tests/unit/cache/store_support.hpp"

namespace sluice::cache::test {
namespace {

const PurgeTable::Keep kForget = [](const PurgeChange&) {};
constexpr UnixTime kNow{Seconds{1'700'000'000}};

StoredHead head_with(std::string key, const Lines& fields = {}, std::uint64_t generation = 0) {
  auto head = make_head(std::move(key), 0, fields);
  head.generation = generation;
  return head;
}

TEST(PurgeTable, TouchesWhatWasStoredEarlierAndNothingElse) {
  const Lines tagged = {{"Surrogate-Key", "news sport"}, {"Cache-Tag", "front,de"}};
  const struct {
    PurgeScope scope;
    const char* name;
    const char* key;
    bool touches;
  } cases[] = {
      {PurgeScope::url, "http://a.example/x", "http://a.example/x", true},
      {PurgeScope::url, "http://a.example/x", "http://a.example/xy", false},
      {PurgeScope::host, "a.example", "http://a.example/", true},
      {PurgeScope::host, "a.example", "https://a.example/x", true},
      {PurgeScope::host, "a.example", "http://a.example:8080/x", true},
      {PurgeScope::host, "a.example:8080", "http://a.example:8080/x", true},
      {PurgeScope::host, "a.example:8080", "http://a.example/x", false},
      {PurgeScope::host, "a.example", "http://www.a.example/", false},
      {PurgeScope::host, "a.example", "http://b.example/?a.example", false},
      {PurgeScope::host, "[2001:db8::1]", "http://[2001:db8::1]:81/", true},
      {PurgeScope::prefix, "http://a.example/img/", "http://a.example/img/1", true},
      {PurgeScope::prefix, "http://a.example/img/", "http://a.example/img/", true},
      {PurgeScope::prefix, "http://a.example/img/", "http://a.example/img", false},
      {PurgeScope::prefix, "http://a.example/img/", "http://a.example/imh/", false},
      {PurgeScope::tag, "sport", "http://a.example/", true},
      {PurgeScope::tag, "de", "http://a.example/", true},
      {PurgeScope::tag, "Sport", "http://a.example/", false},
      {PurgeScope::tag, "spor", "http://a.example/", false},
  };
  for (const auto& each : cases) {
    for (const bool is_hard : {false, true}) {
      PurgeTable table;
      EXPECT_TRUE(table.judge(head_with(each.key, tagged)).is_clean());
      const auto number = table.add(each.scope, each.name, is_hard, kNow, kForget);
      EXPECT_EQ(number, 1U);
      EXPECT_EQ(table.generation(), 1U);
      const auto verdict = table.judge(head_with(each.key, tagged));
      EXPECT_EQ(verdict.is_gone, each.touches && is_hard) << each.name << " " << each.key;
      EXPECT_EQ(verdict.stale_from, each.touches && !is_hard ? kNow : kNeverStale) << each.name << " " << each.key;
      EXPECT_EQ(table.touching(head_with(each.key, tagged)).size(), each.touches ? 1U : 0U);
      EXPECT_TRUE(table.judge(head_with(each.key, tagged, number)).is_clean()) << "sent for afterwards";
    }
  }
}

TEST(PurgeTable, EveryPrefixOfAKeyIsFound) {
  PurgeTable table;
  for (const char* name :
       {"http://a.example/a/", "http://a.example/a/b", "http://a.example/a/c", "http://a.example/a/bz",
        "http://a.example/a/b/c", "http://a.example/a/b/d", "http://a.example/", "http://b.example/"}) {
    table.add(PurgeScope::prefix, name, true, kNow, kForget);
  }
  const auto touching = table.touching(head_with("http://a.example/a/b/cd"));
  std::vector<std::string> names;
  for (const auto& entry : touching) { names.push_back(entry.name); }
  EXPECT_EQ(names, (std::vector<std::string>{"http://a.example/a/b/c", "http://a.example/a/b", "http://a.example/a/",
                                             "http://a.example/"}));
}

TEST(PurgeTable, ASecondPurgeReachesWhatTheFirstDidNot) {
  PurgeTable table;
  table.add(PurgeScope::tag, "t", false, kNow, kForget);
  const auto head = head_with("http://a.example/", {{"Cache-Tag", "t"}}, table.generation());
  EXPECT_TRUE(table.judge(head).is_clean());
  table.add(PurgeScope::tag, "t", true, kNow, kForget);
  EXPECT_TRUE(table.judge(head).is_gone);
}

TEST(PurgeTable, IsKeptAheadOfBeingInForceAndComesBack) {
  PurgeTable table;
  KeptPurges kept;
  const auto keep = [&](const PurgeChange& change) {
    EXPECT_EQ(table.generation() + 1, change.generation);
    for (const auto& entry : change.put) { kept.entries.push_back(entry); }
    kept.generation = change.generation;
  };
  table.add(PurgeScope::url, "http://a.example/", true, kNow, [](const PurgeChange& change) {
    EXPECT_EQ(change.generation, 1U);
    EXPECT_TRUE(change.put.empty() && change.remove.empty()) << "stores carry it out";
  });
  table.add(PurgeScope::host, "a.example", false, kNow, keep);
  table.add(PurgeScope::tag, "t", true, kNow, keep);
  PurgeTable next;
  next.restore(kept);
  EXPECT_EQ(next.generation(), 3U);
  EXPECT_EQ(next.judge(head_with("http://a.example/")).stale_from, kNow);
  EXPECT_TRUE(next.judge(head_with("http://b.example/", {{"Cache-Tag", "t"}})).is_gone);
  EXPECT_TRUE(next.judge(head_with("http://a.example/", {{"Cache-Tag", "t"}}, 3)).is_clean());
}

// The store of earlier processes was opened when this one had purged things already.
TEST(PurgeTable, WhatAnEarlierProcessKeptCountsAsEarlier) {
  PurgeTable table;
  table.add(PurgeScope::host, "a.example", false, kNow, kForget);
  table.add(PurgeScope::url, "http://u.example/", true, kNow, kForget);
  table.add(PurgeScope::tag, "t", true, kNow, kForget);
  const KeptPurges before{{{PurgeScope::host, "a.example", 5, kNow - Seconds{60}, 7}, {PurgeScope::tag, "s", 0, {}, 9}},
                          9};
  KeptPurges kept;
  table.join(before, [&](const PurgeChange& change) { kept = {change.put, change.generation}; });
  EXPECT_EQ(table.generation(), 12U);
  PurgeTable next;
  next.restore(kept);
  for (const auto* each : {&table, &next}) {
    EXPECT_TRUE(each->judge(head_with("http://a.example/", {}, 6)).is_gone) << "kept";
    EXPECT_FALSE(each->judge(head_with("http://a.example/", {}, 9)).is_gone);
    EXPECT_EQ(each->judge(head_with("http://a.example/", {}, 9)).stale_from, kNow) << "of this process";
    EXPECT_TRUE(each->judge(head_with("http://b.example/", {{"Cache-Tag", "t"}}, 9)).is_gone);
    EXPECT_TRUE(each->judge(head_with("http://b.example/", {{"Cache-Tag", "s"}}, 8)).is_gone);
    EXPECT_TRUE(each->judge(head_with("http://a.example/", {{"Cache-Tag", "s,t"}}, 12)).is_clean());
  }
  EXPECT_TRUE(table.judge(head_with("http://u.example/", {}, 9)).is_gone);
  EXPECT_EQ(kept.entries.size(), 3U);
}

TEST(PurgeTable, AFullTableTouchesTooMuchRatherThanTooLittle) {
  constexpr std::size_t kMost = 100;
  PurgeTable table(kMost);
  std::map<std::pair<PurgeScope, std::string>, PurgeEntry> kept;
  const auto keep = [&](const PurgeChange& change) {
    for (const auto& entry : change.remove) { kept.erase({entry.scope, entry.name}); }
    for (const auto& entry : change.put) { kept[{entry.scope, entry.name}] = entry; }
  };
  const auto tag_of = [](int i) { return "t" + std::to_string(i); };
  for (int i = 0; i < 1000; ++i) {
    table.add(PurgeScope::tag, tag_of(i), true, kNow, keep);
    ASSERT_LE(table.size(), kMost + 1);
    ASSERT_EQ(table.size(), kept.size());
  }
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(table.judge(head_with("http://a.example/", {{"Cache-Tag", tag_of(i)}})).is_gone) << i;
  }
  const auto recent = head_with("http://a.example/", {{"Cache-Tag", "other"}}, 990);
  EXPECT_TRUE(table.judge(recent).is_clean());
}

TEST(PurgeTable, UrlsAreForgottenInTheirOrder) {
  PurgeTable table;
  const auto url_of = [](std::size_t i) { return "http://a.example/" + std::to_string(i); };
  for (std::size_t i = 0; i < PurgeTable::kMostUrls + 10; ++i) {
    table.add(PurgeScope::url, url_of(i), true, kNow, kForget);
  }
  EXPECT_TRUE(table.judge(head_with(url_of(9))).is_clean());
  EXPECT_TRUE(table.judge(head_with(url_of(10))).is_gone);
  EXPECT_EQ(table.size(), 0U);
}

TEST(PurgeTable, WhatTouchesNothingIsForgotten) {
  PurgeTable table;
  table.add(PurgeScope::tag, "old", true, kNow, kForget);
  table.add(PurgeScope::tag, "new", true, kNow, kForget);
  std::size_t removed = 0;
  table.forget_up_to(1, [&](const PurgeChange& change) { removed += change.remove.size(); });
  EXPECT_EQ(removed, 1U);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.generation(), 2U);
  EXPECT_TRUE(table.judge(head_with("http://a.example/", {{"Cache-Tag", "new"}})).is_gone);
}

TEST(Tags, AreTakenFromBothFields) {
  const struct {
    Lines fields;
    std::vector<std::string> tags;
  } cases[] = {
      {{{"Surrogate-Key", "a b  c"}}, {"a", "b", "c"}},
      {{{"Cache-Tag", "a, b,,c"}}, {"a", "b", "c"}},
      {{{"Surrogate-Key", "a"}, {"Cache-Tag", "b"}, {"surrogate-key", "c"}}, {"a", "b", "c"}},
      {{{"Surrogate-Key", ""}, {"X-Key", "a"}}, {}},
      {{{"Surrogate-Key", std::string(kLongestTag + 1, 'a') + " b"}}, {"b"}},
  };
  for (const auto& each : cases) {
    std::vector<std::string> tags;
    for_each_tag(Request(each.fields).fields(), [&](std::string_view tag) { tags.emplace_back(tag); });
    EXPECT_EQ(tags, each.tags);
  }
}

TEST(Tags, AreNotInTheWireForm) {
  const auto head = head_with("http://a.example/", {{"Surrogate-Key", "a"}, {"Cache-Tag", "b"}, {"X", "c"}});
  EXPECT_EQ(head.wire.find("Surrogate-Key"), std::string::npos);
  EXPECT_EQ(head.wire.find("Cache-Tag"), std::string::npos);
  EXPECT_NE(head.wire.find("X: c"), std::string::npos);
}

}  // namespace
}  // namespace sluice::cache::test
