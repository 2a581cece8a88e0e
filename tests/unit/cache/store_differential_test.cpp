// The memory tier is the oracle of the disk tier: the same operations in the same order give the same answers, also
// after the disk tier was closed and opened again.

#include <random>

#include <gtest/gtest.h>

#include "cache/memory_store.hpp"
#include "cache/rocksdb_store.hpp"
#include "tests/unit/cache/store_support.hpp"

namespace sluice::cache::test {
namespace {

constexpr std::uint64_t kChunk = 1024;

class Pair {
 public:
  Pair() { open(); }

  void reopen() {
    disk_.reset();
    open();
  }
  Store& memory() { return *memory_; }
  Store& disk() { return *disk_; }

 private:
  void open() {
    auto opened = open_rocksdb_store({.directory = directory_.path(), .budget = 1ULL << 30, .chunk = kChunk});
    ASSERT_TRUE(opened) << opened.error();
    disk_ = std::move(*opened);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Store> memory_ = make_memory_store({.budget = 1ULL << 30, .largest_response = 1 << 20});
  std::unique_ptr<Store> disk_;
};

// Three kinds of keys: without Vary, varying by a field, varying by everything.
Lines fields_of(unsigned key) {
  switch (key % 3) {
    case 0:
      return {{"Content-Type", "text/plain"}};
    case 1:
      return {{"Vary", "X-N"}};
    default:
      return {{"Vary", "X-N, Accept-Language"}, {"ETag", "\"x\""}};
  }
}

class Differential {
 public:
  explicit Differential(unsigned seed) : random_(seed) {}

  void step() {
    const auto key_number = random_() % 24;
    const auto key = "http://host.example/" + std::to_string(key_number);
    const Request request(
        Lines{{"X-N", std::to_string(random_() % 20)}, {"Accept-Language", random_() % 2 ? "de" : "fr"}});
    if (random_() % 6 == 0) { return put_part(random_() % 4); }
    switch (random_() % 12) {
      case 0:
      case 1:
        return put(key, key_number, request);
      case 2:
        return put_several();
      case 3:
      case 4:
        return write(key, key_number, request);
      case 5:
        return freshen(key, key_number, request);
      case 6:
        return purge(key);
      case 7:
        return list(key);
      default:
        return find(key, request);
    }
  }
  void reopen() { stores_.reopen(); }
  void index() {
    while (stores_.disk().build_index_step()) {}
  }
  void compare_everything() {
    for (unsigned key_number = 0; key_number < 24; ++key_number) {
      const auto key = "http://host.example/" + std::to_string(key_number);
      list(key);
      for (int n = 0; n < 20; ++n) {
        for (const char* language : {"de", "fr"}) {
          find(key, Request(Lines{{"X-N", std::to_string(n)}, {"Accept-Language", language}}));
        }
      }
    }
    for (std::size_t number = 0; number < 4; ++number) { list(key_of_parts(number)); }
    EXPECT_EQ(stores_.memory().stats().responses, stores_.disk().stats().responses);
  }

 private:
  std::string content() { return pattern(random_() % 3 == 0 ? random_() % 10'000 : random_() % 1500, random_()); }

  void put(const std::string& key, unsigned key_number, const Request& request) {
    const auto response = make_response(key, content(), fields_of(key_number), request, ++time_);
    EXPECT_TRUE(stores_.memory().put(response));
    EXPECT_TRUE(stores_.disk().put(response));
  }

  // Of a few keys, so that some come twice; small ones and some of several chunks.
  void put_several() {
    std::vector<StoredResponsePtr> responses;
    for (std::size_t i = random_() % 8; i > 0; --i) {
      const auto number = random_() % 24;
      const Request request(Lines{{"X-N", std::to_string(random_() % 20)}, {"Accept-Language", "de"}});
      responses.push_back(make_response("http://host.example/" + std::to_string(number), content(), fields_of(number),
                                        request, ++time_));
    }
    stores_.memory().put_all(responses);
    stores_.disk().put_all(responses);
  }

  void write(const std::string& key, unsigned key_number, const Request& request) {
    const auto octets = content();
    auto in_memory = stores_.memory().write(0);
    auto on_disk = stores_.disk().write(0);
    ASSERT_TRUE(in_memory && on_disk);
    for (std::size_t at = 0; at < octets.size();) {
      const auto piece = std::min<std::size_t>(octets.size() - at, 1 + random_() % 2500);
      const auto part = segment(std::string_view(octets).substr(at, piece));
      EXPECT_TRUE((*in_memory)->append(part));
      EXPECT_TRUE((*on_disk)->append(part));
      at += piece;
    }
    if (random_() % 4 == 0) { return; }  // given up
    const auto head = make_head(key, octets.size(), fields_of(key_number), request, ++time_);
    EXPECT_TRUE((*in_memory)->commit(head));
    const auto stored = (*on_disk)->commit(head);
    ASSERT_TRUE(stored);
    EXPECT_EQ(content_of(stores_.disk(), **stored), octets);
  }

  void freshen(const std::string& key, unsigned key_number, const Request& request) {
    const auto a = stores_.memory().find(key, request.fields()).response;
    const auto b = stores_.disk().find(key, request.fields()).response;
    ASSERT_EQ(a == nullptr, b == nullptr);
    if (a == nullptr) { return; }
    auto head = make_head(key, a->head.content_length, fields_of(key_number), request, ++time_);
    EXPECT_EQ(stores_.memory().freshen(*a, head).has_value(), stores_.disk().freshen(*b, head).has_value());
  }

  static std::string key_of_parts(std::size_t number) { return "http://host.example/parts/" + std::to_string(number); }

  // Whole chunks, of one representation or of another one that takes its place.
  void put_part(std::size_t number) {
    const auto key = key_of_parts(number);
    if (random_() % 40 == 0) { return purge(key); }
    const auto version = random_() % 30 == 0 ? 2 : 1;
    const auto whole = pattern(9 * kChunk + 100, number * 10 + static_cast<std::size_t>(version));
    const auto first = random_() % 10 * kChunk;
    const auto last = std::min(first + (1 + random_() % 3) * kChunk, whole.size()) - 1;
    const auto part = make_part(key, whole, {first, last}, std::to_string(version), ++time_);
    EXPECT_TRUE(stores_.memory().put_part(part));
    EXPECT_TRUE(stores_.disk().put_part(part));
    list(key);
    find(key, {});
  }

  void purge(const std::string& key) { EXPECT_EQ(stores_.memory().purge(key), stores_.disk().purge(key)); }

  void list(const std::string& key) {
    const auto a = stores_.memory().list(key);
    const auto b = stores_.disk().list(key);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) { compare(*a[i], *b[i]); }
  }

  void find(const std::string& key, const Request& request) {
    const auto a = stores_.memory().find(key, request.fields());
    const auto b = stores_.disk().find(key, request.fields());
    ASSERT_EQ(a.response == nullptr, b.response == nullptr);
    EXPECT_EQ(a.has_other_variants, b.has_other_variants);
    if (a.response != nullptr) {
      EXPECT_TRUE(stores_.disk().may_have(key));
      EXPECT_EQ(b.response->is_resident(), b.response->head.content_length <= kChunk);
      compare(*a.response, *b.response);
    }
  }

  void compare(const StoredResponse& a, const StoredResponse& b) {
    EXPECT_EQ(a.head.key, b.head.key);
    EXPECT_EQ(a.head.variant, b.head.variant);
    EXPECT_EQ(a.head.wire, b.head.wire);
    EXPECT_EQ(a.head.response_time, b.head.response_time);
    EXPECT_EQ(a.head.content_length, b.head.content_length);
    ASSERT_EQ(a.present, b.present);
    const Spans whole = a.head.content_length == 0 ? Spans{} : Spans({0, a.head.content_length - 1});
    for (const auto& range : a.present.value_or(whole).ranges()) {
      EXPECT_EQ(read_range(stores_.memory(), a, range), read_range(stores_.disk(), b, range));
    }
  }

  Pair stores_;
  std::mt19937 random_;
  std::int64_t time_ = 1'700'000'000;
};

TEST(StoreDifferential, BothStoresGiveTheSameAnswers) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    Differential differential(seed);
    for (int i = 0; i < 2000; ++i) { differential.step(); }
    differential.index();
    differential.compare_everything();
  }
}

TEST(StoreDifferential, AlsoAfterTheDiskStoreWasReopened) {
  Differential differential(11);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 400; ++i) { differential.step(); }
    differential.reopen();
    for (int i = 0; i < 50; ++i) { differential.step(); }  // before the index is there
    differential.index();
    differential.compare_everything();
  }
}

}  // namespace
}  // namespace sluice::cache::test
