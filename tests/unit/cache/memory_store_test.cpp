#include "cache/memory_store.hpp"

#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "cache/variant_choice.hpp"
#include "tests/unit/cache/store_support.hpp"

namespace sluice::cache::test {
namespace {

const Request kPlain;

std::unique_ptr<Store> store_of(std::uint64_t budget, unsigned shards = 4) {
  return make_memory_store({.budget = budget, .largest_response = budget / 2, .shards = shards});
}

TEST(MemoryStore, GivesBackWhatWasPut) {
  const auto store = store_of(1 << 20);
  ASSERT_TRUE(store->put(make_response("http://a/", "hello")));
  const auto found = store->find("http://a/", kPlain.fields());
  ASSERT_NE(found.response, nullptr);
  EXPECT_EQ(content_of(*store, *found.response), "hello");
  EXPECT_FALSE(found.has_other_variants);
  EXPECT_TRUE(store->may_have("http://a/"));
  EXPECT_EQ(store->find("http://b/", kPlain.fields()).response, nullptr);
  EXPECT_FALSE(store->may_have("http://b/"));
}

TEST(MemoryStore, SelectsTheVariantThatTheRequestAsksFor) {
  const auto store = store_of(1 << 20);
  const Request german("X-Language", "de");
  const Request french("X-Language", "fr");
  const Request english("X-Language", "en");
  ASSERT_TRUE(store->put(make_response("k", "Hallo", {{"Vary", "X-Language"}}, german)));
  ASSERT_TRUE(store->put(make_response("k", "Salut", {{"Vary", "X-Language"}}, french)));
  const auto found = store->find("k", german.fields());
  ASSERT_NE(found.response, nullptr);
  EXPECT_EQ(content_of(*store, *found.response), "Hallo");
  EXPECT_TRUE(found.has_other_variants);
  const auto missed = store->find("k", english.fields());
  EXPECT_EQ(missed.response, nullptr);
  EXPECT_TRUE(missed.has_other_variants);
  EXPECT_EQ(store->list("k").size(), 2U);
}

TEST(MemoryStore, SameKeyAndVariantReplaces) {
  const auto store = store_of(1 << 20);
  ASSERT_TRUE(store->put(make_response("k", "old")));
  const auto octets = store->stats().octets;
  ASSERT_TRUE(store->put(make_response("k", "new")));
  EXPECT_EQ(content_of(*store, *store->find("k", kPlain.fields()).response), "new");
  EXPECT_EQ(store->stats().responses, 1U);
  EXPECT_EQ(store->stats().octets, octets);
}

TEST(MemoryStore, TheOldestOfTooManyVariantsGoes) {
  const auto store = store_of(1 << 20);
  for (std::size_t i = 0; i <= kMostVariants; ++i) {
    const Request request("X-N", std::to_string(i));
    ASSERT_TRUE(store->put(make_response("k", std::to_string(i), {{"Vary", "X-N"}}, request)));
  }
  EXPECT_EQ(store->list("k").size(), kMostVariants);
  EXPECT_EQ(store->find("k", Request("X-N", "0").fields()).response, nullptr);
  EXPECT_NE(store->find("k", Request("X-N", "1").fields()).response, nullptr);
}

TEST(MemoryStore, PurgeRemovesEveryVariantAndItsOctets) {
  const auto store = store_of(1 << 20);
  const auto empty = store->stats().octets;
  ASSERT_TRUE(store->put(make_response("k", "a", {{"Vary", "X-N"}}, Request("X-N", "1"))));
  ASSERT_TRUE(store->put(make_response("k", "b", {{"Vary", "X-N"}}, Request("X-N", "2"))));
  EXPECT_EQ(store->purge("k"), 2U);
  EXPECT_EQ(store->purge("k"), 0U);
  EXPECT_EQ(store->stats().octets, empty);
  EXPECT_EQ(store->stats().responses, 0U);
}

TEST(MemoryStore, AWriterIsInvisibleUntilCommitAndLeavesNoTraceWithout) {
  const auto store = store_of(1 << 20);
  const auto empty = store->stats().octets;
  {
    auto writer = store->write(0);
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->append(segment("part")));
    EXPECT_GT(store->stats().octets, empty);
    EXPECT_EQ(store->find("k", kPlain.fields()).response, nullptr);
  }
  EXPECT_EQ(store->stats().octets, empty);
  auto writer = store->write(8);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(segment("one ")));
  ASSERT_TRUE((*writer)->append(segment("two ")));
  ASSERT_TRUE((*writer)->commit(make_head("k", 8)));
  EXPECT_EQ(content_of(*store, *store->find("k", kPlain.fields()).response), "one two ");
}

TEST(MemoryStore, AWriterThatIsNotCompleteCannotCommit) {
  const auto store = store_of(1 << 20);
  auto writer = store->write(0);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(segment("four")));
  EXPECT_FALSE((*writer)->commit(make_head("k", 5)));
  EXPECT_EQ(store->find("k", kPlain.fields()).response, nullptr);
}

TEST(MemoryStore, RefusesWhatIsTooLarge) {
  const auto store = make_memory_store({.budget = 1 << 20, .largest_response = 1000, .shards = 1});
  EXPECT_EQ(store->put(make_response("k", pattern(1001, 1))).error(), StoreError::too_large);
  EXPECT_EQ(store->write(1001).error(), StoreError::too_large);
  auto writer = store->write(0);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(segment(pattern(1000, 1))));
  EXPECT_EQ((*writer)->append(segment("x")).error(), StoreError::too_large);
  EXPECT_FALSE((*writer)->commit(make_head("k", 1000)));
}

TEST(MemoryStore, WhatIsRefusedStillTakesThePlaceOfWhatIsOlder) {
  const auto store = make_memory_store({.budget = 1 << 20, .largest_response = 1000, .shards = 1});
  const auto is_gone = [&] { return store->find("k", kPlain.fields()).response == nullptr; };
  ASSERT_TRUE(store->put(make_response("k", pattern(900, 1))));
  EXPECT_FALSE(store->put(make_response("k", pattern(1001, 2))));
  EXPECT_TRUE(is_gone());
  ASSERT_TRUE(store->put(make_response("k", pattern(900, 1))));
  auto writer = store->write(0);
  ASSERT_TRUE(writer);
  EXPECT_FALSE((*writer)->append(segment(pattern(1001, 2))));
  EXPECT_FALSE(is_gone()) << "whether it is whole is not known yet";
  EXPECT_FALSE((*writer)->commit(make_head("k", 1001)));
  EXPECT_TRUE(is_gone());
}

TEST(MemoryStore, OpenWritersCountAgainstTheBudget) {
  const auto store = make_memory_store({.budget = 100'000, .largest_response = 100'000, .shards = 1});
  auto writer = store->write(0);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(segment(pattern(90'000, 1))));
  EXPECT_EQ(store->put(make_response("k", pattern(20'000, 2))).error(), StoreError::no_space);
  writer->reset();
  EXPECT_TRUE(store->put(make_response("k", pattern(20'000, 2))));
}

TEST(MemoryStore, FreshenReplacesTheHeadAndKeepsTheContent) {
  const auto store = store_of(1 << 20);
  ASSERT_TRUE(store->put(make_response("k", "body", {{"X-Round", "1"}})));
  const auto old = store->find("k", kPlain.fields()).response;
  const auto fresh = store->freshen(*old, make_head("k", 4, {{"X-Round", "2"}}));
  ASSERT_TRUE(fresh);
  const auto found = store->find("k", kPlain.fields()).response;
  EXPECT_EQ(found, *fresh);
  EXPECT_EQ(found->segments.front().data, old->segments.front().data);
  EXPECT_EQ(find(found->head.fields.fields(), "X-Round")->value, "2");
}

TEST(MemoryStore, FreshenDoesNotPairAHeadWithOtherContent) {
  const auto store = store_of(1 << 20);
  ASSERT_TRUE(store->put(make_response("k", "one!")));
  const auto old = store->find("k", kPlain.fields()).response;
  ASSERT_TRUE(store->put(make_response("k", "two!")));
  const auto octets = store->stats().octets;
  EXPECT_EQ(store->freshen(*old, make_head("k", 4)).error(), StoreError::gone);
  EXPECT_EQ(store->purge("k"), 1U);
  EXPECT_EQ(store->freshen(*old, make_head("k", 4)).error(), StoreError::gone);
  EXPECT_LT(store->stats().octets, octets);
}

TEST(MemoryStore, TheBudgetIsNeverExceeded) {
  constexpr std::uint64_t kBudget = 2 << 20;
  const auto store = store_of(kBudget);
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto key = "http://host.example/" + std::to_string(random() % 5000);
    if (auto stored = store->put(make_response(key, pattern(random() % 8192, 1))); !stored) {
      EXPECT_EQ(stored.error(), StoreError::no_space);
    }
    ASSERT_LE(store->stats().octets, kBudget);
  }
  EXPECT_GT(store->stats().octets, kBudget * 3 / 4);
  EXPECT_GT(store->stats().evictions, 1000U);
}

TEST(MemoryStore, WhatWasEvictedIsKnownUntilItIsStoredAgain) {
  const auto store = store_of(1 << 20, 1);
  const auto put = [&](int i) { return store->put(make_response("k" + std::to_string(i), pattern(8192, 1))); };
  for (int i = 0; i < 200; ++i) { ASSERT_TRUE(put(i)); }
  ASSERT_FALSE(store->may_have("k0"));
  EXPECT_TRUE(store->was_evicted("k0"));
  EXPECT_FALSE(store->was_evicted("k199"));
  EXPECT_FALSE(store->was_evicted("never"));
  ASSERT_TRUE(put(0));
  EXPECT_FALSE(store->was_evicted("k0"));
  store->purge("k0");
  EXPECT_FALSE(store->was_evicted("k0"));
}

TEST(MemoryStore, AScanDoesNotFlushWhatIsUsed) {
  const auto store = store_of(4 << 20, 1);
  for (int i = 0; i < 100; ++i) { ASSERT_TRUE(store->put(make_response("hot" + std::to_string(i), pattern(4096, 1)))); }
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) {
      EXPECT_NE(store->find("hot" + std::to_string(i), kPlain.fields()).response, nullptr);
    }
  }
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(store->put(make_response("scan" + std::to_string(i), pattern(4096, 1))));
  }
  int kept = 0;
  for (int i = 0; i < 100; ++i) { kept += store->may_have("hot" + std::to_string(i)) ? 1 : 0; }
  EXPECT_EQ(kept, 100);
}

void put_many(Store& store, const std::string& name, int count, std::size_t size) {
  for (int i = 0; i < count; ++i) { ASSERT_TRUE(store.put(make_response(name + std::to_string(i), pattern(size, 1)))); }
}

TEST(MemoryStore, ALargerBudgetHoldsMoreAtOnce) {
  const auto store = store_of(1 << 20);
  put_many(*store, "a", 500, 4096);
  const auto before = store->stats().responses;
  store->set_budget(8 << 20);
  EXPECT_EQ(store->stats().budget, 8U << 20);
  EXPECT_FALSE(store->build_index_step());  // nothing to evict
  EXPECT_EQ(store->stats().responses, before);
  const auto evictions = store->stats().evictions;
  put_many(*store, "b", 1000, 4096);
  EXPECT_EQ(store->stats().evictions, evictions);
  EXPECT_EQ(store->stats().responses, before + 1000);
}

TEST(MemoryStore, ASmallerBudgetIsKeptAfterBoundedSteps) {
  const auto store = store_of(8 << 20);
  put_many(*store, "a", 1500, 4096);
  store->set_budget(2 << 20);
  EXPECT_NE(store->find("a1499", kPlain.fields()).response, nullptr);  // serving goes on
  const auto before = store->stats().responses;
  EXPECT_EQ(store->put(make_response("b", pattern(100, 1))).error(), StoreError::no_space);
  EXPECT_EQ(store->stats().responses, before);  // a client's put does not evict it all
  int steps = 0;
  std::size_t most = 0;
  for (bool more = true; more; ++steps) {
    const auto responses = store->stats().responses;
    more = store->build_index_step();
    most = std::max<std::size_t>(most, responses - store->stats().responses);
  }
  EXPECT_GT(steps, 5);
  EXPECT_LE(most, 64U);
  EXPECT_LE(store->stats().octets, 2U << 20);
  EXPECT_GT(store->stats().octets, 1U << 20);
  EXPECT_TRUE(store->put(make_response("b", pattern(100, 1))));
}

TEST(MemoryStore, AnEmptyStoreIsAsLargeAsOneThatWasMadeWithItsBudget) {
  const auto store = store_of(8 << 20);
  for (const std::uint64_t budget : {64ULL << 20, 1ULL << 20, 16ULL << 20}) {
    store->set_budget(budget);
    EXPECT_EQ(store->stats().octets, store_of(budget)->stats().octets) << budget;
  }
}

TEST(MemoryStore, ContentOnItsWayCountsAndMayTakeHalf) {
  constexpr std::uint64_t kBudget = 4 << 20;
  const auto store = store_of(kBudget, 1);
  put_many(*store, "a", 2000, 4096);
  const auto responses = store->stats().responses;
  EXPECT_TRUE(store->hold(kBudget / 4));
  EXPECT_LT(store->stats().responses, responses) << "room was made";
  EXPECT_LE(store->stats().octets, kBudget);
  EXPECT_FALSE(store->hold(kBudget / 4 + 1));
  EXPECT_TRUE(store->hold(kBudget / 4));
  EXPECT_FALSE(store->hold(1));
  EXPECT_EQ(store->stats().held, kBudget / 2);
  put_many(*store, "b", 2000, 4096);
  EXPECT_LE(store->stats().octets, kBudget);
  EXPECT_LT(store->stats().responses, responses * 6 / 10);
  store->release_held(kBudget / 2);
  EXPECT_EQ(store->stats().held, 0U);
  const auto evictions = store->stats().evictions;
  put_many(*store, "c", 400, 4096);
  EXPECT_EQ(store->stats().evictions, evictions);
}

TEST(MemoryStore, OneResponseOfTheLargestSizeMayBeOnItsWay) {
  const auto store = make_memory_store({.budget = 4 << 20, .largest_response = 3 << 20, .shards = 1});
  EXPECT_TRUE(store->hold(3 << 20));
  EXPECT_FALSE(store->hold(1));
}

TEST(MemoryStore, ABudgetThatOpenWritersHoldIsKeptWhenTheyEnd) {
  const auto store = store_of(8 << 20, 1);
  auto writer = store->write(0);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(segment(pattern(3 << 20, 1))));
  store->set_budget(1 << 20);
  while (store->build_index_step()) {}
  EXPECT_GT(store->stats().octets, 1U << 20);
  EXPECT_EQ((*writer)->append(segment("x")).error(), StoreError::no_space);
  EXPECT_LE(store->stats().octets, 1U << 20);
}

TEST(MemoryStore, TheBudgetChangesWhileItIsUsed) {
  const auto store = store_of(4 << 20, 2);
  std::atomic<bool> is_over = false;
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    while (!is_over) {
      const auto key = "k" + std::to_string(random() % 2000);
      if (random() % 2 == 0) {
        static_cast<void>(store->put(make_response(key, pattern(random() % 5000, 1))));
      } else if (auto found = store->find(key, kPlain.fields()).response) {
        EXPECT_EQ(content_of(*store, *found), pattern(found->head.content_length, 1));
      }
    }
  };
  {
    std::jthread first(work, 1);
    std::jthread second(work, 2);
    for (int round = 0; round < 500; ++round) {
      store->set_budget(round % 2 == 0 ? 512 << 10 : 32 << 20);
      while (store->build_index_step()) {}
    }
    is_over = true;
  }
  store->set_budget(4 << 20);
  while (store->build_index_step()) {}
  EXPECT_LE(store->stats().octets, 4U << 20);
  for (int i = 0; i < 2000; ++i) { store->purge("k" + std::to_string(i)); }
  EXPECT_EQ(store->stats().responses, 0U);
  EXPECT_EQ(store->stats().octets, store_of(4 << 20, 2)->stats().octets);
}

TEST(MemoryStore, ManyThreadsAtOnceKeepItConsistent) {
  const auto store = store_of(1 << 20, 2);
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < 5000; ++i) {
      const auto key = "k" + std::to_string(random() % 200);
      const auto size = random() % 5000;
      switch (random() % 5) {
        case 0:
          static_cast<void>(store->put(make_response(key, pattern(size, size))));
          break;
        case 1:
          store->purge(key);
          break;
        case 2:
          if (auto found = store->find(key, kPlain.fields()).response) {
            static_cast<void>(store->freshen(*found, make_head(key, found->head.content_length)));
          }
          break;
        default:
          if (auto found = store->find(key, kPlain.fields()).response) {
            EXPECT_EQ(content_of(*store, *found), pattern(found->head.content_length, found->head.content_length));
          }
      }
    }
  };
  {
    std::jthread first(work, 1);
    std::jthread second(work, 2);
    work(3);
  }
  EXPECT_LE(store->stats().octets, store->stats().budget);
  for (int i = 0; i < 200; ++i) { store->purge("k" + std::to_string(i)); }
  EXPECT_EQ(store->stats().responses, 0U);
  EXPECT_EQ(store->stats().octets, store_of(1 << 20, 2)->stats().octets);
}

TEST(MemoryStore, PartsJoinAndCountAgainstTheBudgetUntilTheyGo) {
  const auto store = store_of(1 << 20);
  const auto empty = store->stats().octets;
  const auto whole = pattern(30'000, 1);
  ASSERT_TRUE(store->put_part(make_part("k", whole, {10'000, 19'999}, "x")));
  const auto one = store->stats().octets;
  EXPECT_GE(one, empty + 10'000);
  ASSERT_TRUE(store->put_part(make_part("k", whole, {15'000, 29'999}, "x")));
  EXPECT_EQ(store->stats().responses, 1U);
  EXPECT_GE(store->stats().octets, empty + 20'000);
  const auto parts = store->find("k", kPlain.fields()).response;
  ASSERT_FALSE(parts->is_whole());
  EXPECT_EQ(read_range(*store, *parts, {10'000, 29'999}), whole.substr(10'000));
  EXPECT_FALSE(store->read(*parts, 9'999));
  ASSERT_TRUE(store->put_part(make_part("k", whole, {0, 9'999}, "x")));
  const auto found = store->find("k", kPlain.fields()).response;
  EXPECT_TRUE(found->is_whole());
  EXPECT_EQ(content_of(*store, *found), whole);
  EXPECT_EQ(store->purge("k"), 1U);
  EXPECT_EQ(store->stats().octets, empty);
}

TEST(MemoryStore, APartThatJoinsMakesRoomForItsOwnOctetsOnly) {
  const auto whole = pattern(600'000, 1);
  const auto store = store_of(1 << 20);
  ASSERT_TRUE(store->put(make_response("other", pattern(200'000, 2))));
  for (std::uint64_t first = 0; first < 500'000; first += 100'000) {
    ASSERT_TRUE(store->put_part(make_part("k", whole, {first, first + 99'999}, "x")));
  }
  EXPECT_EQ(store->stats().evictions, 0U);
  EXPECT_NE(store->find("other", kPlain.fields()).response, nullptr);
  EXPECT_EQ(*store->find("k", kPlain.fields()).response->present, Spans({0, 499'999}));
}

TEST(MemoryStore, APartDoesNotMakeRoomByWhatItJoinsForEver) {
  const auto whole = pattern(900'000, 1);
  const auto store = store_of(1 << 20);
  ASSERT_TRUE(store->put_part(make_part("k", whole, {0, 399'999}, "x")));
  for (std::uint64_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(store->put(make_response("other" + std::to_string(i), pattern(20'000, i + 2))));
  }
  ASSERT_TRUE(store->put_part(make_part("k", whole, {400'000, 899'999}, "x")));
  const auto found = store->find("k", kPlain.fields()).response;
  ASSERT_NE(found, nullptr);
  // Its first part may have been what was evicted for the second.
  EXPECT_EQ(read_range(*store, *found, {400'000, 899'999}), whole.substr(400'000));
  EXPECT_LE(store->stats().octets, store->stats().budget);
}

TEST(MemoryStore, APartOfAnotherRepresentationTakesThePlaceOfWhatIsStored) {
  const auto store = store_of(1 << 20);
  const auto whole = pattern(300, 1);
  ASSERT_TRUE(store->put_part(make_part("k", whole, {0, 99}, "x")));
  ASSERT_TRUE(store->put_part(make_part("k", whole, {100, 199}, "y")));
  const auto found = store->find("k", kPlain.fields()).response;
  EXPECT_EQ(*found->present, Spans({100, 199}));
  EXPECT_EQ(store->stats().responses, 1U);
}

TEST(MemoryStore, PartsOfOneMessageBelongTogetherWithoutAValidatorAndThoseOfTwoDoNot) {
  const auto store = store_of(1 << 20);
  const auto whole = pattern(300, 1);
  const auto of_message = [&](ByteRange range, std::uint64_t message) {
    auto part = std::make_shared<StoredResponse>(*make_part("k", whole, range, "x"));
    part->head = make_head("k", whole.size(), {{"ETag", "W/\"x\""}});
    part->message = message;
    return part;
  };
  const auto present = [&] { return *store->find("k", kPlain.fields()).response->present; };
  ASSERT_TRUE(store->put_part(of_message({0, 99}, 7)));
  ASSERT_TRUE(store->put_part(of_message({100, 199}, 7)));
  EXPECT_EQ(present(), Spans({0, 199}));
  ASSERT_TRUE(store->put_part(of_message({200, 299}, 8)));
  EXPECT_EQ(present(), Spans({200, 299}));
  ASSERT_TRUE(store->put_part(of_message({0, 99}, 0)));
  EXPECT_EQ(present(), Spans({0, 99}));
}

TEST(MemoryStore, AFreshHeadIsForAllPartsAndLeavesThemAsTheyAre) {
  const auto store = store_of(1 << 20);
  const auto whole = pattern(300, 1);
  ASSERT_TRUE(store->put_part(make_part("k", whole, {0, 99}, "x")));
  const auto stored = store->find("k", kPlain.fields()).response;
  auto head = stored->head;
  head.response_time += Seconds{100};
  head.seal();
  ASSERT_TRUE(store->freshen(*stored, head));
  const auto found = store->find("k", kPlain.fields()).response;
  EXPECT_EQ(found->head.response_time, head.response_time);
  EXPECT_EQ(*found->present, Spans({0, 99}));
  EXPECT_EQ(read_range(*store, *found, {0, 99}), whole.substr(0, 100));
}

TEST(MemoryStore, PartsOfALargeResponseAreTakenUpToTheLargest) {
  const auto store = make_memory_store({.budget = 1 << 20, .largest_response = 1000, .shards = 1});
  const auto whole = pattern(5000, 1);
  ASSERT_TRUE(store->put_part(make_part("k", whole, {0, 899}, "x")));
  EXPECT_EQ(store->put_part(make_part("k", whole, {2000, 2899}, "x")).error(), StoreError::too_large);
  EXPECT_EQ(*store->find("k", kPlain.fields()).response->present, Spans({0, 899}));
}

}  // namespace
}  // namespace sluice::cache::test
