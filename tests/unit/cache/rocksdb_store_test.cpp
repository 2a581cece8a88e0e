#include "cache/rocksdb_store.hpp"

#include <fstream>
#include <iterator>
#include <random>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/cache/store_support.hpp"

namespace sluice::cache::test {
namespace {

namespace fs = std::filesystem;

const Request kPlain;
constexpr std::uint64_t kChunk = 64 << 10;

std::unique_ptr<Store> open(const std::string& directory, std::uint64_t budget = 1ULL << 30,
                            std::vector<std::string>* warnings = nullptr) {
  auto store =
      open_rocksdb_store({.directory = directory, .budget = budget, .chunk = kChunk, .memtable = 4 << 20}, warnings);
  if (!store) {
    ADD_FAILURE() << store.error();
    return nullptr;
  }
  return std::move(*store);
}

std::string key_of(int number) {
  return "http://host.example/" + std::to_string(number);
}

// Content that tells its key and size, so that one response's octets cannot pass for another's.
std::string content_for(int number, std::size_t size) {
  return pattern(size, static_cast<std::uint64_t>(number) + 1);
}

void index(Store& store) {
  while (store.build_index_step()) {}
}

// What another process finds after kill -9 of this one.
std::unique_ptr<Store> open_copy(const TemporaryDirectory& directory, const std::unique_ptr<Store>& store) {
  EXPECT_TRUE(store);
  fs::copy(directory.path(), directory.path("copy"), fs::copy_options::recursive);
  return open(directory.path("copy"));
}

std::uint64_t octets_in(const std::string& directory) {
  std::uint64_t octets = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    std::error_code gone;  // compaction deletes files meanwhile
    if (const auto size = entry.file_size(gone); !gone) { octets += size; }
  }
  return octets;
}

TEST(RocksdbStore, SmallResponsesComeBackResidentAndLongOnesPieceByPiece) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  ASSERT_TRUE(store->put(make_response("small", content_for(1, kChunk))));
  ASSERT_TRUE(store->put(make_response("long", content_for(2, 5 * kChunk + 17))));
  ASSERT_TRUE(store->put(make_response("empty", "")));
  for (int round = 0; round < 2; ++round) {
    const auto small = store->find("small", kPlain.fields()).response;
    const auto long_one = store->find("long", kPlain.fields()).response;
    const auto empty = store->find("empty", kPlain.fields()).response;
    ASSERT_TRUE(small && long_one && empty);
    EXPECT_TRUE(small->is_resident());
    EXPECT_FALSE(long_one->is_resident());
    EXPECT_TRUE(empty->is_resident());
    EXPECT_EQ(content_of(*store, *small), content_for(1, kChunk));
    EXPECT_EQ(content_of(*store, *long_one), content_for(2, 5 * kChunk + 17));
    const auto middle = store->read(*long_one, 3 * kChunk - 1);
    ASSERT_TRUE(middle);
    EXPECT_EQ(middle->view(), content_for(2, 5 * kChunk + 17).substr(3 * kChunk - 1, 1));
    store.reset();
    store = open(directory.path());
  }
}

TEST(RocksdbStore, OfAPartTheWholeChunksAreKept) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  const auto whole = content_for(1, 5 * kChunk + 17);
  // From the middle of one chunk to the middle of another; and the last chunk, which is short.
  ASSERT_TRUE(store->put_part(make_part("k", whole, {kChunk / 2, 3 * kChunk + 5}, "x")));
  ASSERT_TRUE(store->put_part(make_part("k", whole, {5 * kChunk - 9, 5 * kChunk + 16}, "x")));
  EXPECT_EQ(store->stats().responses, 1U);
  for (int round = 0; round < 2; ++round) {
    const auto found = store->find("k", kPlain.fields()).response;
    ASSERT_TRUE(found);
    Spans expected({kChunk, 3 * kChunk - 1});
    expected.add({5 * kChunk, 5 * kChunk + 16});
    EXPECT_EQ(*found->present, expected);
    EXPECT_EQ(read_range(*store, *found, {kChunk, 3 * kChunk - 1}), whole.substr(kChunk, 2 * kChunk));
    EXPECT_EQ(read_range(*store, *found, {5 * kChunk, 5 * kChunk + 16}), whole.substr(5 * kChunk));
    store.reset();
    store = open(directory.path());
  }
  const auto charged = store->stats().octets;
  ASSERT_TRUE(store->put_part(make_part("k", whole, {0, kChunk - 1}, "x")));
  ASSERT_TRUE(store->put_part(make_part("k", whole, {3 * kChunk, 5 * kChunk - 1}, "x")));
  const auto found = store->find("k", kPlain.fields()).response;
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_whole());
  EXPECT_EQ(content_of(*store, *found), whole);
  EXPECT_GE(store->stats().octets, charged);
  EXPECT_EQ(store->purge("k"), 1U);
  EXPECT_EQ(store->find("k", kPlain.fields()).response, nullptr);
}

TEST(RocksdbStore, PartsOfOneMessageBelongTogetherWithoutAValidatorAndThoseOfTwoDoNot) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  const auto whole = content_for(1, 5 * kChunk);
  const auto of_message = [&](ByteRange range, std::uint64_t message) {
    auto part = std::make_shared<StoredResponse>(*make_part("k", whole, range, "x"));
    part->head = make_head("k", whole.size(), {{"ETag", "W/\"x\""}});
    part->message = message;
    return part;
  };
  const auto present = [&] { return *store->find("k", kPlain.fields()).response->present; };
  ASSERT_TRUE(store->put_part(of_message({0, kChunk - 1}, 7)));
  ASSERT_TRUE(store->put_part(of_message({kChunk, 2 * kChunk - 1}, 7)));
  EXPECT_EQ(present(), Spans({0, 2 * kChunk - 1}));
  const auto found = store->find("k", kPlain.fields()).response;
  EXPECT_EQ(read_range(*store, *found, {0, 2 * kChunk - 1}), whole.substr(0, 2 * kChunk));
  ASSERT_TRUE(store->put_part(of_message({2 * kChunk, 3 * kChunk - 1}, 8)));
  EXPECT_EQ(present(), Spans({2 * kChunk, 3 * kChunk - 1}));
  ASSERT_TRUE(store->put_part(of_message({3 * kChunk, 4 * kChunk - 1}, 0)));
  ASSERT_TRUE(store->put_part(of_message({0, kChunk - 1}, 0)));
  EXPECT_EQ(present(), Spans({0, kChunk - 1}));
  EXPECT_EQ(store->stats().responses, 1U);
}

TEST(RocksdbStore, AFreshHeadIsForAllPartsWhicheverTierItComesFrom) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  const auto whole = content_for(1, 3 * kChunk);
  ASSERT_TRUE(store->put_part(make_part("k", whole, {0, kChunk - 1}, "x")));
  const auto in_memory = make_part("k", whole, {kChunk, kChunk + 9}, "x");
  auto head = in_memory->head;
  head.response_time += Seconds{100};
  head.seal();
  ASSERT_TRUE(store->freshen(*in_memory, head));
  const auto found = store->find("k", kPlain.fields()).response;
  ASSERT_TRUE(found);
  EXPECT_EQ(found->head.response_time, head.response_time);
  EXPECT_EQ(*found->present, Spans({0, kChunk - 1}));
  EXPECT_FALSE(store->freshen(*make_part("k", whole, {0, 9}, "y"), head));
}

TEST(RocksdbStore, ASoftPurgeMarksPartsWithoutAValidatorToo) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  const auto whole = content_for(1, 3 * kChunk);
  auto part = std::make_shared<StoredResponse>(*make_part("k", whole, {0, kChunk - 1}, "x"));
  part->head = make_head("k", whole.size(), {});
  ASSERT_TRUE(store->put_part(part));
  const UnixTime now(Seconds{1'700'000'100});
  EXPECT_EQ(make_stale(*store, "k", now), 1U);
  const auto found = store->find("k", kPlain.fields()).response;
  ASSERT_TRUE(found);
  EXPECT_EQ(found->head.stale_from, now);
  EXPECT_EQ(*found->present, Spans({0, kChunk - 1}));
}

TEST(RocksdbStore, ASegmentOutlivesTheStore) {
  const TemporaryDirectory directory;
  const auto content = content_for(1, 4 * kChunk);
  std::vector<Segment> held;
  for (int round = 0; round < 2; ++round) {
    auto store = open(directory.path());
    ASSERT_TRUE(store->put(make_response("k" + std::to_string(round), content)));
    const auto found = store->find("k0", kPlain.fields()).response;
    ASSERT_TRUE(found);
    held.push_back(*store->read(*found, 0));
  }
  for (const auto& segment : held) { EXPECT_EQ(segment.view(), content.substr(0, kChunk)); }
}

TEST(RocksdbStore, EverythingAboutAHeadSurvivesReopening) {
  const TemporaryDirectory directory;
  const auto head = make_head("k", 3, {{"Content-Type", "text/html"}, {"Vary", "X-N"}}, Request("X-N", "7"), 1'234'567);
  {
    auto store = open(directory.path());
    auto writer = store->write(3);
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->append(segment("abc")));
    ASSERT_TRUE((*writer)->commit(head));
  }
  auto store = open(directory.path());
  const auto found = store->find("k", Request("X-N", "7").fields()).response;
  ASSERT_TRUE(found);
  EXPECT_EQ(found->head.key, head.key);
  EXPECT_EQ(found->head.variant, head.variant);
  EXPECT_EQ(found->head.status, head.status);
  EXPECT_EQ(found->head.request_time, head.request_time);
  EXPECT_EQ(found->head.response_time, head.response_time);
  EXPECT_EQ(found->head.origin_address, head.origin_address);
  EXPECT_EQ(found->head.wire, head.wire);
  EXPECT_TRUE(store->find("k", Request("X-N", "8").fields()).has_other_variants);
}

TEST(RocksdbStore, TheIndexIsBuiltInStepsAndServingDoesNotWaitForIt) {
  const TemporaryDirectory directory;
  {
    auto store = open(directory.path());
    for (int i = 0; i < 3000; ++i) { ASSERT_TRUE(store->put(make_response(key_of(i), "x"))); }
  }
  auto store = open(directory.path());
  EXPECT_TRUE(store->may_have("http://never.example/"));
  EXPECT_NE(store->find(key_of(2999), kPlain.fields()).response, nullptr);
  EXPECT_TRUE(store->build_index_step());
  EXPECT_TRUE(store->may_have("http://never.example/"));
  EXPECT_EQ(store->purge(key_of(0)), 1U);
  EXPECT_EQ(store->purge(key_of(2500)), 1U);
  ASSERT_TRUE(store->put(make_response(key_of(2700), "y")));
  index(*store);
  EXPECT_FALSE(store->may_have("http://never.example/"));
  EXPECT_EQ(store->stats().responses, 2998U);
  EXPECT_FALSE(store->may_have(key_of(2500)));
}

TEST(RocksdbStore, AWriterThatIsNotCommittedLeavesNothing) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  index(*store);
  const auto empty = store->stats().octets;
  {
    auto writer = store->write(0);
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->append(segment(content_for(1, 10 * kChunk))));
    EXPECT_GE(store->stats().octets, empty + 9 * kChunk);
    EXPECT_EQ(store->find("k", kPlain.fields()).response, nullptr);
  }
  EXPECT_EQ(store->stats().octets, empty);
  EXPECT_EQ(store->stats().responses, 0U);
}

// What kill -9 leaves is what the files hold at that moment.
TEST(RocksdbStore, ACopyTakenInTheMiddleOfWritingHoldsOnlyWhatWasComplete) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  ASSERT_TRUE(store->put(make_response("whole", content_for(1, 3 * kChunk))));
  auto writer = store->write(0);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(segment(content_for(2, 20 * kChunk))));
  fs::copy(directory.path(), directory.path("copy"), fs::copy_options::recursive);
  auto copy = open(directory.path("copy"));
  index(*copy);
  EXPECT_EQ(copy->find("cut", kPlain.fields()).response, nullptr);
  const auto whole = copy->find("whole", kPlain.fields()).response;
  ASSERT_TRUE(whole);
  EXPECT_EQ(content_of(*copy, *whole), content_for(1, 3 * kChunk));
  EXPECT_EQ(copy->stats().responses, 1U);
  ASSERT_TRUE((*writer)->commit(make_head("cut", 20 * kChunk)));
  EXPECT_EQ(content_of(*store, *store->find("cut", kPlain.fields()).response), content_for(2, 20 * kChunk));
}

TEST(RocksdbStore, FlippedPagesAreNeverServed) {
  const TemporaryDirectory directory;
  constexpr int kResponses = 300;
  const auto size_of = [](int i) { return static_cast<std::size_t>(i % 7 == 0 ? 3 * kChunk + 5 : 500 + i * 100); };
  {
    auto store = open(directory.path());
    for (int i = 0; i < kResponses; ++i) {
      ASSERT_TRUE(store->put(make_response(key_of(i), content_for(i, size_of(i)))));
    }
  }
  std::mt19937 random(5);
  int found = 0;
  int absent = 0;
  for (int round = 0; round < 10; ++round) {
    const auto path = directory.path("copy" + std::to_string(round));
    fs::copy(directory.path(), path, fs::copy_options::recursive);
    for (const auto& entry : fs::directory_iterator(path + "/db")) {
      const auto size = entry.file_size();
      if (size == 0 || (round < 5 && entry.path().extension() != ".blob")) { continue; }
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(random() % ((size + 4095) / 4096) * 4096));
      file << pattern(std::min<std::uint64_t>(size, 4096), random());
    }
    std::vector<std::string> warnings;
    auto opened = open_rocksdb_store({.directory = path, .chunk = kChunk, .memtable = 4 << 20}, &warnings);
    ASSERT_TRUE(opened) << opened.error();
    for (const auto& warning : warnings) { std::printf("round %d: %s\n", round, warning.c_str()); }
    auto& store = **opened;
    for (int i = 0; i < kResponses; ++i) {
      const auto response = store.find(key_of(i), kPlain.fields()).response;
      const auto content = response ? content_of(store, *response) : "<absent>";
      if (content.starts_with('<') && content.size() < 20) {
        ++absent;
      } else {
        ASSERT_EQ(content == content_for(i, size_of(i)), true) << i;
        ++found;
      }
    }
    index(store);
    EXPECT_TRUE(store.put(make_response("new", "after the damage")));
    EXPECT_EQ(content_of(store, *store.find("new", kPlain.fields()).response), "after the damage");
    opened->reset();
    fs::remove_all(path);
  }
  std::printf("%d responses found and exact, %d absent\n", found, absent);
  EXPECT_GT(found, kResponses);
}

TEST(RocksdbStore, TheBudgetIsKeptWhileItIsOverwrittenTenTimes) {
  const TemporaryDirectory directory;
  constexpr std::uint64_t kBudget = 24 << 20;
  auto store = open(directory.path(), kBudget);
  index(*store);
  std::mt19937 random(3);
  std::uint64_t written = 0;
  std::uint64_t most_accounted = 0;
  std::uint64_t most_on_disk = 0;
  std::uint64_t refused = 0;
  for (int i = 0; written < 10 * kBudget; ++i) {
    const auto size = random() % 10 == 0 ? random() % (20 * kChunk) : random() % kChunk;
    written += size;
    if (!store->put(make_response(key_of(i), content_for(i, size)))) { ++refused; }
    most_accounted = std::max(most_accounted, store->stats().octets);
    ASSERT_LE(store->stats().octets, kBudget);
    if (i % 16 == 0) { most_on_disk = std::max(most_on_disk, octets_in(directory.path())); }
  }
  std::printf("budget %llu, most accounted %llu, most on disk %llu, refused %llu\n",
              static_cast<unsigned long long>(kBudget), static_cast<unsigned long long>(most_accounted),
              static_cast<unsigned long long>(most_on_disk), static_cast<unsigned long long>(refused));
  EXPECT_GT(most_accounted, kBudget / 2);
  EXPECT_LE(most_on_disk, kBudget + kBudget / 8);  // what RocksDB is about to delete may still be listed
  EXPECT_EQ(refused, 0U);
}

TEST(RocksdbStore, WhatWasEvictedIsKnownUntilItIsStoredAgain) {
  const TemporaryDirectory directory;
  auto store = open(directory.path(), 24 << 20);
  index(*store);
  const auto put = [&](int i) { return store->put(make_response(key_of(i), content_for(i, kChunk))); };
  int count = 0;
  while (store->stats().evictions < 10) { ASSERT_TRUE(put(count++)); }
  ASSERT_FALSE(store->may_have(key_of(0)));
  EXPECT_TRUE(store->was_evicted(key_of(0)));
  EXPECT_FALSE(store->was_evicted(key_of(count - 1)));
  EXPECT_FALSE(store->was_evicted("never"));
  ASSERT_TRUE(put(0));
  EXPECT_FALSE(store->was_evicted(key_of(0)));
  store->purge(key_of(0));
  EXPECT_FALSE(store->was_evicted(key_of(0)));
}

TEST(RocksdbStore, AResponseThatIsBeingReadStaysReadableToItsEnd) {
  const TemporaryDirectory directory;
  auto store = open(directory.path(), 8 << 20);
  index(*store);
  const auto content = content_for(1, 10 * kChunk);
  const auto read_while = [&](const char* what, auto disturb) {
    SCOPED_TRACE(what);
    ASSERT_TRUE(store->put(make_response("long", content)));
    auto reading = store->find("long", kPlain.fields()).response;
    ASSERT_TRUE(reading);
    ASSERT_TRUE(store->read(*reading, 0));
    disturb();
    EXPECT_NE(content_of(*store, *store->find("long", kPlain.fields()).response), content);
    EXPECT_EQ(content_of(*store, *reading), content);
    EXPECT_GE(store->stats().octets, content.size());  // it is still on the disk, so it counts
    const auto id = reading->store_id;
    reading.reset();
    ASSERT_TRUE(store->put(make_response("other", "x")));
    auto gone = std::make_shared<StoredResponse>();
    gone->head = make_head("long", content.size());
    gone->store_id = id;
    EXPECT_EQ(store->read(*gone, 0).error(), StoreError::gone);
  };
  const auto replace = [&] { ASSERT_TRUE(store->put(make_response("long", "short"))); };
  read_while("purged", [&] {
    EXPECT_EQ(store->purge("long"), 1U);
    replace();
  });
  read_while("replaced", replace);
  read_while("evicted", [&] {
    for (int i = 0; store->may_have("long"); ++i) {
      ASSERT_TRUE(store->put(make_response(key_of(i), content_for(i, kChunk))));
    }
    replace();
  });
}

// A process that ends while a response is read that was purged leaves nothing of it.
TEST(RocksdbStore, WhatWasLeftForItsReadersIsRemovedAtTheNextOpening) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  ASSERT_TRUE(store->put(make_response("long", content_for(1, 10 * kChunk))));
  const auto reading = store->find("long", kPlain.fields()).response;
  ASSERT_TRUE(reading);
  EXPECT_EQ(store->purge("long"), 1U);
  store.reset();
  store = open(directory.path());
  EXPECT_EQ(store->read(*reading, 0).error(), StoreError::gone);
}

TEST(RocksdbStore, PurgesAreKeptForTheNextProcess) {
  const TemporaryDirectory directory;
  const PurgeEntry tag{PurgeScope::tag, "news", 3, UnixTime{Seconds{1'700'000'000}}, 2};
  const PurgeEntry host{PurgeScope::host, "a.example", 0, {}, 4};
  {
    auto store = open(directory.path());
    EXPECT_EQ(store->kept_purges().generation, 0U);
    ASSERT_TRUE(store->keep_purges({{tag}, {}, 3}));
    ASSERT_TRUE(store->keep_purges({{host, {PurgeScope::prefix, "http://a.example/x", 5}}, {}, 5}));
    ASSERT_TRUE(store->keep_purges({{}, {{PurgeScope::prefix, "http://a.example/x"}}, 6}));
  }
  const auto kept = open(directory.path())->kept_purges();
  EXPECT_EQ(kept.generation, 6U);
  ASSERT_EQ(kept.entries.size(), 2U);
  EXPECT_EQ(kept.entries[0].scope, PurgeScope::host);
  EXPECT_EQ(kept.entries[0].name, "a.example");
  EXPECT_EQ(kept.entries[0].hard, 4U);
  EXPECT_EQ(kept.entries[1].name, "news");
  EXPECT_EQ(kept.entries[1].soft, 3U);
  EXPECT_EQ(kept.entries[1].soft_time, tag.soft_time);
  EXPECT_EQ(kept.entries[1].hard, 2U);
}

TEST(RocksdbStore, PurgesThatTheDiskDidNotTakeAreWrittenWhenItDoes) {
  const TemporaryDirectory directory;
  const std::vector<std::string> keys = {"one", "two", "three"};
  const PurgeChange many{{{PurgeScope::tag, "news", 3, UnixTime{Seconds{1'700'000'000}}, 2}}, {}, 3};
  auto store = open(directory.path());
  for (const auto& key : keys) { ASSERT_TRUE(store->put(make_response(key, content_for(1, 500)))); }
  {
    const FullDisk full;
    for (const auto& key : keys) { EXPECT_EQ(store->purge(key), 1U); }
    EXPECT_FALSE(store->keep_purges(many));
    EXPECT_FALSE(store->mend());
    for (const auto& key : keys) {
      EXPECT_FALSE(store->is_purge_kept(key));
      EXPECT_FALSE(store->find(key, kPlain.fields()).response) << "in force";
    }
  }
  EXPECT_TRUE(store->mend());
  for (const auto& key : keys) { EXPECT_TRUE(store->is_purge_kept(key)); }
  store = open_copy(directory, store);
  for (const auto& key : keys) { EXPECT_FALSE(store->find(key, kPlain.fields()).response); }
  EXPECT_EQ(store->kept_purges().generation, 3U);
}

TEST(RocksdbStore, ADiskThatFailedIsTriedWhenItIsToBeMendedAndNotByTraffic) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  ASSERT_TRUE(store->put(make_response("before", content_for(1, 500))));
  {
    const FullDisk full;
    for (int i = 0; i < 50; ++i) { EXPECT_FALSE(store->put(make_response("full", content_for(i, 500)))); }
    EXPECT_EQ(store->stats().errors, 1U);
    EXPECT_TRUE(store->mend()) << "no purge waits";
    EXPECT_EQ(store->stats().errors, 2U);
  }
  EXPECT_FALSE(store->put(make_response("after", content_for(1, 500))));
  EXPECT_TRUE(store->mend());
  EXPECT_TRUE(store->put(make_response("after", content_for(1, 500))));
  store = open_copy(directory, store);
  EXPECT_TRUE(store->find("before", kPlain.fields()).response);
  EXPECT_TRUE(store->find("after", kPlain.fields()).response);
}

TEST(RocksdbStore, WhatIsUsedOutlivesWhatIsNot) {
  const TemporaryDirectory directory;
  auto store = open(directory.path(), 4 << 20);
  index(*store);
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(store->put(make_response(key_of(i), content_for(i, 8192))));
    EXPECT_NE(store->find(key_of(0), kPlain.fields()).response, nullptr) << i;
  }
  EXPECT_FALSE(store->may_have(key_of(1)));
  EXPECT_GT(store->stats().evictions, 1000U);
}

TEST(RocksdbStore, ALargerBudgetHoldsMoreAtOnce) {
  const TemporaryDirectory directory;
  auto store = open(directory.path(), 4 << 20);
  index(*store);
  int number = 0;
  for (; store->stats().evictions < 50; ++number) {
    ASSERT_TRUE(store->put(make_response(key_of(number), content_for(number, 8192))));
  }
  const auto evictions = store->stats().evictions;
  const auto before = store->stats().responses;
  store->set_budget(64 << 20);
  EXPECT_EQ(store->stats().budget, 64U << 20);
  EXPECT_FALSE(store->build_index_step());
  for (int i = 0; i < 1000; ++i, ++number) {
    ASSERT_TRUE(store->put(make_response(key_of(number), content_for(number, 8192))));
  }
  EXPECT_EQ(store->stats().evictions, evictions);
  EXPECT_EQ(store->stats().responses, before + 1000);
}

// Each way in which a store is refused, of the one and of several at once.
TEST(RocksdbStore, WhatIsRefusedStillTakesThePlaceOfWhatIsOlder) {
  enum class Refusal { full_disk, budget, too_large };
  for (const auto refusal : {Refusal::full_disk, Refusal::budget, Refusal::too_large}) {
    const TemporaryDirectory directory;
    auto store = open(directory.path(), 64 << 20);
    index(*store);
    for (int i = 0; i < 300; ++i) { ASSERT_TRUE(store->put(make_response(key_of(i), content_for(i, 60'000)))); }
    const auto too_large = pattern(65 << 20, 1);
    const auto content =
        refusal == Refusal::too_large ? std::string_view(too_large) : std::string_view(too_large).substr(0, 8192);
    if (refusal == Refusal::budget) { store->set_budget(2 << 20); }  // what is over it has not gone yet
    {
      std::optional<FullDisk> full;
      if (refusal == Refusal::full_disk) { full.emplace(); }
      EXPECT_FALSE(store->put(make_response(key_of(1), content)));
      const std::vector together{make_response(key_of(2), content), make_response(key_of(3), content)};
      store->put_all(together);
      auto writer = store->write(0);
      ASSERT_TRUE(writer);
      static_cast<void>((*writer)->append(segment(content)));
      EXPECT_FALSE((*writer)->commit(make_head(key_of(4), content.size())));
      for (int i = 1; i <= 4; ++i) {
        EXPECT_EQ(store->find(key_of(i), kPlain.fields()).response, nullptr) << static_cast<int>(refusal) << i;
      }
      auto cut = store->write(0);
      ASSERT_TRUE(cut);
      static_cast<void>((*cut)->append(segment(content)));
    }
    EXPECT_NE(store->find(key_of(5), kPlain.fields()).response, nullptr);
    EXPECT_TRUE(store->mend());
    store.reset();
    store = open(directory.path(), 64 << 20);
    for (int i = 1; i <= 4; ++i) {
      EXPECT_EQ(store->find(key_of(i), kPlain.fields()).response, nullptr) << static_cast<int>(refusal) << i;
    }
    EXPECT_NE(store->find(key_of(5), kPlain.fields()).response, nullptr);
  }
}

TEST(RocksdbStore, ASmallerBudgetIsKeptAfterBoundedStepsOnDiskToo) {
  const TemporaryDirectory directory;
  constexpr std::uint64_t kSmaller = 8 << 20;
  auto store = open(directory.path(), 64 << 20);
  index(*store);
  for (int i = 0; i < 5000; ++i) { ASSERT_TRUE(store->put(make_response(key_of(i), content_for(i, 8192)))); }
  store->set_budget(kSmaller);
  EXPECT_EQ(content_of(*store, *store->find(key_of(4999), kPlain.fields()).response), content_for(4999, 8192));
  const auto before = store->stats().responses;
  EXPECT_EQ(store->put(make_response("new", content_for(0, 8192))).error(), StoreError::no_space);
  EXPECT_EQ(store->stats().responses, before);  // one put does not evict it all
  std::uint64_t most = 0;
  for (bool more = true; more;) {
    const auto responses = store->stats().responses;
    more = store->build_index_step();
    most = std::max(most, responses - store->stats().responses);
  }
  EXPECT_LE(most, 64U);
  EXPECT_LE(store->stats().octets, kSmaller);
  EXPECT_GT(store->stats().responses, 100U);
  // What was evicted is given back while something is stored, not only counted out.
  for (int i = 6000; octets_in(directory.path()) > kSmaller + kSmaller / 8 && i < 16'000; ++i) {
    static_cast<void>(store->put(make_response(key_of(i), content_for(i, 8192))));
  }
  EXPECT_LE(octets_in(directory.path()), kSmaller + kSmaller / 8);
  EXPECT_TRUE(store->put(make_response("new", content_for(0, 8192))));
}

// What is bounded by the budget at the opening (memtables, their logs) is bounded by the one in force.
TEST(RocksdbStore, ASmallerBudgetIsKeptWhileItIsOverwritten) {
  constexpr std::uint64_t kFormer = 256 << 20;
  constexpr std::uint64_t kBudget = 24 << 20;
  const TemporaryDirectory directory;
  auto store = open(directory.path(), kFormer);
  index(*store);
  int number = 0;
  const auto overwrite = [&](std::uint64_t octets, auto then) {
    for (std::uint64_t sent = 0; sent < octets; sent += 50'000, ++number) {
      static_cast<void>(store->put(make_response(key_of(number), content_for(number, 50'000))));
      then();
    }
  };
  const auto nothing = [] {};
  overwrite(48 << 20, nothing);
  store->set_budget(kBudget);
  index(*store);
  overwrite(kBudget, nothing);  // what the smaller budget no longer holds goes from the files meanwhile
  const auto stored = store->stats().stores;
  std::uint64_t most = 0;
  overwrite(4 * kBudget, [&] { most = std::max(most, octets_in(directory.path())); });
  EXPECT_LE(most, kBudget + kBudget / 10);
  EXPECT_GT(store->stats().stores - stored, 4 * kBudget / 50'000 / 2) << "most of it was stored";
}

TEST(RocksdbStore, ASmallerBudgetAfterReopeningIsReached) {
  const TemporaryDirectory directory;
  {
    auto store = open(directory.path());
    for (int i = 0; i < 500; ++i) { ASSERT_TRUE(store->put(make_response(key_of(i), content_for(i, 8192)))); }
  }
  auto store = open(directory.path(), 1 << 20);
  index(*store);
  EXPECT_LE(store->stats().octets, 1U << 20);
  EXPECT_EQ(store->find(key_of(0), kPlain.fields()).response, nullptr);
  EXPECT_NE(store->find(key_of(499), kPlain.fields()).response, nullptr);
}

TEST(RocksdbStore, FreshenNeedsTheResponseThatIsStored) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  const auto first = make_response("k", "body");
  ASSERT_TRUE(store->put(first));
  const auto old = store->find("k", kPlain.fields()).response;
  ASSERT_TRUE(store->freshen(*old, make_head("k", 4, {{"X-Round", "2"}})));
  EXPECT_EQ(find(store->find("k", kPlain.fields()).response->head.fields.fields(), "X-Round")->value, "2");
  ASSERT_TRUE(store->put(make_response("k", "BODY")));
  EXPECT_EQ(store->freshen(*old, make_head("k", 4)).error(), StoreError::gone);
  // The same response as the memory tier holds it has no store id and is told by its content.
  EXPECT_EQ(store->freshen(*first, make_head("k", 4)).error(), StoreError::gone);
  ASSERT_TRUE(store->put(first));
  EXPECT_TRUE(store->freshen(*first, make_head("k", 4, {{"X-Round", "3"}})));
}

TEST(RocksdbStore, ASecondOpeningOfTheSameDirectoryIsRefused) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  const auto second = open_rocksdb_store({.directory = directory.path()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "the cache directory " + directory.path() +
                                " is in use by another process; stop it, or give this one a directory of its own");
  store.reset();
  EXPECT_TRUE(open_rocksdb_store({.directory = directory.path()}));
}

// The number makes store ids unique: it is on disk ahead of the first of them, and not waited for at the start.
TEST(RocksdbStore, AnOpeningIsCountedWhenItStoresSomething) {
  const TemporaryDirectory directory;
  const auto format = [&] {
    std::ifstream file(directory.path() + "/FORMAT");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  ASSERT_TRUE(open(directory.path())->put(make_response("first", content_for(1, 500))));
  const auto first = format();
  open(directory.path()).reset();
  EXPECT_EQ(format(), first);
  auto store = open(directory.path());
  index(*store);
  EXPECT_EQ(format(), first);
  ASSERT_TRUE(store->put(make_response("second", content_for(2, 500))));
  EXPECT_NE(format(), first);
  for (const auto& [key, number] : {std::pair{"first", 1}, std::pair{"second", 2}}) {
    EXPECT_EQ(content_of(*store, *store->find(key, kPlain.fields()).response), content_for(number, 500)) << key;
  }
}

TEST(RocksdbStore, SeveralTogetherAreStoredAsOneByOne) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  std::vector<StoredResponsePtr> responses;
  for (int i = 0; i < 300; ++i) { responses.push_back(make_response(key_of(i), content_for(i, 4000))); }
  responses.push_back(make_response("long", content_for(300, 3 * kChunk)));
  responses.push_back(make_response(key_of(7), content_for(301, 20)));
  auto lying = std::make_shared<StoredResponse>(*responses.front());
  lying->head.key = "shorter than it says";
  lying->segments.clear();
  responses.push_back(lying);
  store->put_all(responses);
  EXPECT_EQ(store->stats().responses, 301U);
  EXPECT_EQ(store->stats().stores, 302U);
  EXPECT_EQ(store->stats().refused, 1U);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 300; ++i) {
      const auto found = store->find(key_of(i), kPlain.fields()).response;
      ASSERT_TRUE(found) << i;
      EXPECT_EQ(content_of(*store, *found), i == 7 ? content_for(301, 20) : content_for(i, 4000));
    }
    EXPECT_EQ(content_of(*store, *store->find("long", kPlain.fields()).response), content_for(300, 3 * kChunk));
    store.reset();
    store = open(directory.path());
  }
}

TEST(RocksdbStore, SeveralTogetherKeepTheBudget) {
  const TemporaryDirectory directory;
  auto store = open(directory.path(), 4 << 20);
  index(*store);
  for (int round = 0; round < 20; ++round) {
    std::vector<StoredResponsePtr> responses;
    for (int i = 0; i < 200; ++i) { responses.push_back(make_response(key_of(round * 200 + i), content_for(i, 3000))); }
    store->put_all(responses);
    EXPECT_LE(store->stats().octets, 4U << 20);
  }
  EXPECT_EQ(store->stats().stores + store->stats().refused, 4000U);
  EXPECT_GT(store->stats().evictions, 1000U);
  EXPECT_TRUE(store->find(key_of(3999), kPlain.fields()).response);
}

std::uint64_t log_octets(const std::string& directory) {
  std::uint64_t octets = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().extension() == ".log") { octets += entry.file_size(); }
  }
  return octets;
}

TEST(RocksdbStore, ALongLogIsShortenedWhenItIsAskedForAndAtTheEnd) {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  const auto put = [&](int from) {
    for (int i = from; i < from + 60; ++i) {
      ASSERT_TRUE(store->put(make_response(key_of(i), content_for(i, 50'000))));
    }
  };
  put(0);
  EXPECT_GT(log_octets(directory.path()), 2U << 20);
  store->shorten_log();
  store.reset();  // deletes what is obsolete
  EXPECT_LT(log_octets(directory.path()), 1U << 20);
  store = open(directory.path());
  put(60);
  store.reset();
  EXPECT_LT(log_octets(directory.path()), 1U << 20);
  store = open(directory.path());
  for (int i = 0; i < 120; ++i) {
    const auto found = store->find(key_of(i), kPlain.fields()).response;
    ASSERT_TRUE(found) << i;
    EXPECT_EQ(content_of(*store, *found), content_for(i, 50'000));
  }
}

// After kill -9 the log of the process before is still needed, and nobody synced it: a power cut may tear it.
TEST(RocksdbStore, APurgeBehindAnOlderLogSurvivesThatItIsTorn) {
  const TemporaryDirectory directory;
  auto killed = open(directory.path("killed"));
  for (int i = 0; i < 20; ++i) { ASSERT_TRUE(killed->put(make_response(key_of(i), content_for(i, 5000)))); }
  fs::copy(directory.path("killed"), directory.path("next"), fs::copy_options::recursive);
  auto next = open(directory.path("next"));
  index(*next);
  std::vector<fs::path> logs;
  for (const auto& entry : fs::recursive_directory_iterator(directory.path("next"))) {
    if (entry.path().extension() == ".log") { logs.push_back(fs::relative(entry.path(), directory.path("next"))); }
  }
  std::ranges::sort(logs);
  ASSERT_TRUE(next->keep_purges({{{PurgeScope::tag, "news", 3, UnixTime{Seconds{1'700'000'000}}, 2}}, {}, 3}));
  fs::copy(directory.path("next"), directory.path("cut"), fs::copy_options::recursive);
  const auto older = directory.path("cut") / logs.front();
  fs::resize_file(older, fs::file_size(older) / 2);
  EXPECT_EQ(open(directory.path("cut"))->kept_purges().generation, 3U);
}

TEST(RocksdbStore, AnUnknownFormatIsSetAside) {
  const TemporaryDirectory directory;
  { ASSERT_TRUE(open(directory.path())->put(make_response("k", "x"))); }
  std::ofstream(directory.path() + "/FORMAT") << "sluice-cache 999\nepoch 1\n";
  std::vector<std::string> warnings;
  auto store = open(directory.path(), 1 << 20, &warnings);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find(directory.path() + ".unknown-format-1"), std::string::npos);
  EXPECT_TRUE(fs::exists(directory.path() + ".unknown-format-1/FORMAT"));
  EXPECT_EQ(store->find("k", kPlain.fields()).response, nullptr);
  EXPECT_TRUE(store->put(make_response("k", "y")));
  EXPECT_FALSE(open_rocksdb_store({.directory = directory.path()}));
}

TEST(RocksdbStore, WhatWasSetAsideBeforeIsDeletedAndNothingElse) {
  const TemporaryDirectory directory;
  const auto is_there = [&](const char* suffix) { return fs::exists(directory.path() + suffix); };
  fs::create_directories(directory.path() + ".damaged-1/db");
  std::ofstream(directory.path() + ".damaged-1/LOCKED");
  fs::create_directories(directory.path() + ".damaged-2/somebody's");
  std::ofstream(directory.path() + ".damaged-3") << "a file";
  for (int round = 0; round < 3; ++round) {
    { ASSERT_TRUE(open(directory.path())->put(make_response("k", "x"))); }
    std::ofstream(directory.path() + "/FORMAT") << "sluice-cache 999\nepoch 1\n";
    std::vector<std::string> warnings;
    ASSERT_TRUE(open(directory.path(), 1 << 20, &warnings));
    EXPECT_EQ(warnings.size(), 2U);
  }
  EXPECT_FALSE(is_there(".damaged-1"));
  EXPECT_TRUE(is_there(".damaged-2/somebody's"));
  EXPECT_TRUE(is_there(".damaged-3"));
  EXPECT_NE(is_there(".unknown-format-1"), is_there(".unknown-format-2"));
}

TEST(RocksdbStore, WhatASmallBudgetDoesNotHoldIsNotTakenInAdvanceEither) {
  const TemporaryDirectory directory;
  const auto store = open(directory.path(), 8 << 20);
  ASSERT_TRUE(store->put(make_response("k", "x")));
  std::uint64_t taken = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory.path())) {
    struct stat status{};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    taken += static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  EXPECT_LT(taken, 1U << 20);
}

TEST(RocksdbStore, ADirectoryWithOtherFilesIsLeftAlone) {
  const TemporaryDirectory directory;
  fs::create_directories(directory.path());
  std::ofstream(directory.path() + "/letter.txt") << "dear";
  const auto store = open_rocksdb_store({.directory = directory.path()});
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().find("holds other files"), std::string::npos);
}

TEST(RocksdbStore, ADatabaseBeyondRepairIsSetAside) {
  const TemporaryDirectory directory;
  { ASSERT_TRUE(open(directory.path())->put(make_response("k", "x"))); }
  for (const auto& entry : fs::directory_iterator(directory.path() + "/db")) {
    std::ofstream(entry.path(), std::ios::trunc) << "rubbish";
  }
  std::vector<std::string> warnings;
  auto store = open(directory.path(), 1 << 20, &warnings);
  ASSERT_TRUE(store);
  EXPECT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(store->put(make_response("k", "y")));
  EXPECT_EQ(content_of(*store, *store->find("k", kPlain.fields()).response), "y");
}

}  // namespace
}  // namespace sluice::cache::test
