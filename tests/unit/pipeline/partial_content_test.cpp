// Ranges of large responses: fetched in whole chunks, kept, joined and answered from the store.

#include "cache/partial_content.hpp"

#include <csignal>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "cache/rocksdb_store.hpp"
#include "tests/support/pipeline_worker.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::pipeline {
namespace {

using support::eventually;
using support::ManualOrigin;
using support::patterned;
using support::Peer;
using support::PipelineWorker;
using support::quick_configuration;

constexpr std::uint64_t kChunk = cache::kPartChunk;
constexpr std::uint64_t kSize = 3 * kChunk + 1000;
constexpr std::string_view kFields = "Cache-Control: max-age=60\r\nETag: \"x\"\r\nContent-Type: video/mp4\r\n";

class PartialContent : public testing::Test {
 protected:
  PartialContent() { ::signal(SIGPIPE, SIG_IGN); }
  ~PartialContent() override {
    worker_.reset();
    shared_.disk.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void start(config::Configuration configuration = quick_configuration()) {
    worker_ = std::make_unique<PipelineWorker>(shared_, std::move(configuration));
    client_.emplace(worker_->connect());
  }
  void open_disk() {
    if (directory_.empty()) {
      std::string name = (std::filesystem::temp_directory_path() / "sluice-parts-XXXXXX").string();
      directory_ = ::mkdtemp(name.data());
    }
    auto opened = cache::open_rocksdb_store({.directory = directory_ + "/cache", .budget = 1ULL << 30});
    ASSERT_TRUE(opened) << opened.error();
    shared_.disk = std::make_unique<DiskTier>(std::move(*opened));
  }
  // Everything large goes to the disk and is found there alone.
  void start_with_disk() {
    open_disk();
    auto configuration = quick_configuration();
    configuration.cache.memory_largest = kChunk;
    start(std::move(configuration));
  }
  bool is_on_disk(cache::ByteRange range) {
    return eventually([&] {
      const auto stored = shared_.disk->store().list(origin_.url("/v"));
      return !stored.empty() && stored.front()->has(range);
    });
  }

  void ask(std::string_view fields) { ask(*client_, fields); }
  void ask(Peer& client, std::string_view fields) {
    client.send("GET " + origin_.url("/v") + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n" + std::string(fields) +
                "\r\n");
  }
  Peer& upstream() {
    if (!upstream_) { upstream_.emplace(origin_.accept()); }
    return *upstream_;
  }
  std::string range_asked() { return upstream().read_message().field("Range"); }

  std::string part_head(cache::ByteRange range, std::string_view fields = kFields) {
    return "HTTP/1.1 206 Partial Content\r\n" + std::string(fields) +
           "Content-Range: " + cache::to_text({range, kSize}) + "\r\nContent-Length: " + std::to_string(range.size()) +
           "\r\n\r\n";
  }
  void answer(cache::ByteRange range, std::string_view fields = kFields) {
    upstream().send(part_head(range, fields) + octets(range));
  }
  std::string octets(cache::ByteRange range) const { return whole_.substr(range.first, range.size()); }

  // The client gets this part; what Cache-Status said.
  std::string expect_part(cache::ByteRange range) { return expect_part(*client_, range); }
  std::string expect_part(Peer& client, cache::ByteRange range) {
    const auto got = client.read_message();
    EXPECT_EQ(got.status(), 206) << got.head;
    EXPECT_EQ(got.field("Content-Range"), cache::to_text({range, kSize}));
    EXPECT_EQ(got.field("Content-Type"), "video/mp4");
    EXPECT_TRUE(got.complete);
    EXPECT_TRUE(got.content == octets(range)) << "other octets";
    return got.field("Cache-Status");
  }
  std::string expect_whole() {
    const auto got = client_->read_message();
    EXPECT_EQ(got.status(), 200) << got.head;
    EXPECT_EQ(got.field("Content-Range"), "");
    EXPECT_TRUE(got.content == whole_) << "other octets";
    return got.field("Cache-Status");
  }
  // The first two chunks.
  void store_front() {
    ask("Range: bytes=0-9\r\n");
    range_asked();
    answer({0, 2 * kChunk - 1});
    expect_part({0, 9});
    ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  }
  // The content that a multipart/byteranges response has to have, by the boundary that its head names.
  std::string multipart(const support::SeenMessage& got, const std::vector<cache::ByteRange>& ranges) {
    const auto type = got.field("Content-Type");
    EXPECT_TRUE(type.starts_with("multipart/byteranges; boundary=")) << type;
    const auto delimiter = "\r\n--" + type.substr(type.find('=') + 1);
    std::string content;
    for (const auto& range : ranges) {
      content += delimiter + "\r\nContent-Type: video/mp4\r\nContent-Range: " + cache::to_text({range, kSize}) +
                 "\r\n\r\n" + octets(range);
    }
    return content + delimiter + "--\r\n";
  }
  void purge_host() {
    shared_.purges.add(cache::PurgeScope::host, origin_.host(), true, coarse_unix_now(), [](const auto&) {});
  }
  static bool is_hit(const std::string& cache_status) { return cache_status.find("; hit") != cache_status.npos; }

  const std::string whole_ = patterned(kSize, 5);
  support::SharedParts shared_;
  ManualOrigin origin_;
  std::unique_ptr<PipelineWorker> worker_;
  std::optional<Peer> client_;
  std::optional<Peer> upstream_;
  std::string directory_;
};

// Only the disk takes parts of the newer one: memory loses the older one all the same.
TEST_F(PartialContent, APartEndsWhatIsStoredOfAnotherRepresentation) {
  open_disk();
  auto configuration = quick_configuration();
  configuration.cache.memory_largest = 2 * kChunk;
  start(std::move(configuration));
  ask("");
  upstream().read_message();
  const auto older = patterned(2 * kChunk, 7);
  upstream().send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"older\"\r\nContent-Length: " +
                  std::to_string(older.size()) + "\r\n\r\n" + older);
  EXPECT_TRUE(client_->read_message().content == older);
  ask("Range: bytes=0-9\r\nCache-Control: no-cache\r\n");
  range_asked();
  answer({0, 2 * kChunk - 1});
  expect_part({0, 9});
  EXPECT_TRUE(eventually([&] {
    const auto stored = shared_.disk->store().list(origin_.url("/v"));
    return !stored.empty() && stored.front()->head.content_length == kSize && stored.front()->has({0, 2 * kChunk - 1});
  }));
  ask("Range: bytes=20-29\r\n");
  EXPECT_TRUE(is_hit(expect_part({20, 29})));
}

TEST_F(PartialContent, ARangeIsFetchedInWholeChunksWithReadAheadAndKept) {
  start();
  ask("Range: bytes=10-19\r\n");
  EXPECT_EQ(range_asked(), "bytes=0-2097151");
  answer({0, 2 * kChunk - 1});
  EXPECT_EQ(expect_part({10, 19}), "sluice; fwd=uri-miss; stored; detail=cold");
  // What was fetched is whole chunks; they are stored as they come, perhaps behind this client.
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=1500000-1500009\r\n");
  EXPECT_TRUE(is_hit(expect_part({1'500'000, 1'500'009})));
  ask("Range: bytes=2097150-2097160\r\n");
  EXPECT_EQ(range_asked(), "bytes=2097152-3146727");
  answer({2 * kChunk, kSize - 1});
  EXPECT_EQ(expect_part({2'097'150, 2'097'160}), "sluice; fwd=partial; stored; detail=range");
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("");
  EXPECT_TRUE(is_hit(expect_whole()));
}

TEST_F(PartialContent, TheWholeIsCompletedFromItsParts) {
  start();
  ask("Range: bytes=1048576-1048577\r\n");
  EXPECT_EQ(range_asked(), "bytes=1048576-3145727");
  answer({kChunk, 2 * kChunk - 1});  // fewer than were asked for
  expect_part({kChunk, kChunk + 1});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("");
  const auto request = upstream().read_message();
  EXPECT_EQ(request.field("Range"), "bytes=0-1048575");
  EXPECT_EQ(request.field("If-Range"), "\"x\"");
  answer({0, kChunk - 1});
  EXPECT_EQ(range_asked(), "bytes=2097152-3146727");
  answer({2 * kChunk, kSize - 1});
  EXPECT_EQ(expect_whole(), "sluice; fwd=partial; stored; detail=range");
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=-1000\r\n");
  EXPECT_TRUE(is_hit(expect_part({kSize - 1000, kSize - 1})));
}

TEST_F(PartialContent, AnotherValidatorTakesThePlaceOfWhatIsStored) {
  start();
  ask("Range: bytes=0-9\r\n");
  range_asked();
  answer({0, 2 * kChunk - 1});
  expect_part({0, 9});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  constexpr std::string_view kOther = "Cache-Control: max-age=60\r\nETag: \"y\"\r\nContent-Type: video/mp4\r\n";
  ask("Range: bytes=2097152-2097153\r\n");
  EXPECT_EQ(range_asked(), "bytes=2097152-3146727");
  answer({2 * kChunk, kSize - 1}, kOther);
  expect_part({2 * kChunk, 2 * kChunk + 1});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=2097152-2097153\r\n");
  EXPECT_TRUE(is_hit(expect_part({2 * kChunk, 2 * kChunk + 1})));
  ask("Range: bytes=0-9\r\n");
  EXPECT_EQ(range_asked(), "bytes=0-2097151");
  answer({0, 2 * kChunk - 1}, kOther);
  expect_part({0, 9});
}

TEST_F(PartialContent, TheFrontOfOneRepresentationIsNeverContinuedWithAnother) {
  start();
  ask("Range: bytes=0-9\r\n");
  range_asked();
  answer({0, 2 * kChunk - 1});
  expect_part({0, 9});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=2097140-2097160\r\n");
  EXPECT_EQ(range_asked(), "bytes=2097152-3146727");
  upstream().send(part_head({2 * kChunk, kSize - 1}, "Cache-Control: max-age=60\r\nETag: \"y\"\r\n"));
  // What is stored is of no use any more: asked for as the client did.
  upstream_.emplace(origin_.accept());
  EXPECT_EQ(range_asked(), "bytes=2097140-2097160");
  answer({2'097'140, 2'097'160}, "ETag: \"y\"\r\nContent-Type: video/mp4\r\n");
  expect_part({2'097'140, 2'097'160});
}

TEST_F(PartialContent, OneValidationIsForAllChunks) {
  constexpr std::string_view kNoCache = "Cache-Control: no-cache\r\nETag: \"x\"\r\nContent-Type: video/mp4\r\n";
  start();
  ask("Range: bytes=0-9\r\n");
  range_asked();
  answer({0, 2 * kChunk - 1}, kNoCache);
  expect_part({0, 9});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=1048570-1048590\r\n");
  const auto request = upstream().read_message();
  EXPECT_EQ(request.field("If-None-Match"), "\"x\"");
  upstream().send("HTTP/1.1 304 Not Modified\r\nCache-Control: no-cache\r\nETag: \"x\"\r\n\r\n");
  expect_part({1'048'570, 1'048'590});
  EXPECT_FALSE(origin_.has_caller());
}

TEST_F(PartialContent, OfACutPartOnlyWholeChunksAreKept) {
  start();
  ask("Range: bytes=0-9\r\n");
  range_asked();
  upstream().send(part_head({0, 2 * kChunk - 1}) + octets({0, kChunk + 5000}));
  expect_part({0, 9});
  upstream_.reset();
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=1048500-1048575\r\n");
  EXPECT_TRUE(is_hit(expect_part({1'048'500, kChunk - 1})));
  ask("Range: bytes=1048576-1048577\r\n");
  EXPECT_EQ(range_asked(), "bytes=1048576-3145727");
  answer({kChunk, 3 * kChunk - 1});
  expect_part({kChunk, kChunk + 1});
}

TEST_F(PartialContent, AClientOfAPartThatIsCutSeesTheCut) {
  start();
  ask("Range: bytes=0-\r\n");
  EXPECT_EQ(range_asked(), "bytes=0-");
  upstream().send(part_head({0, kSize - 1}) + octets({0, kChunk + 5000}));
  upstream_.reset();
  const auto got = client_->read_message();
  EXPECT_EQ(got.status(), 206);
  EXPECT_FALSE(got.complete);
  EXPECT_TRUE(octets({0, kSize - 1}).starts_with(got.content));
}

TEST_F(PartialContent, WhatMayNotBeStoredIsCutToWhatTheClientAskedFor) {
  constexpr std::string_view kPrivate = "Cache-Control: private\r\nContent-Type: video/mp4\r\n";
  start();
  ask("Range: bytes=10-19\r\n");
  EXPECT_EQ(range_asked(), "bytes=0-2097151");
  answer({0, 2 * kChunk - 1}, kPrivate);
  EXPECT_EQ(expect_part({10, 19}), "sluice; fwd=uri-miss; detail=private");
  // Known now: passed through as it is.
  ask("Range: bytes=10-19\r\n");
  upstream_.emplace(origin_.accept());
  EXPECT_EQ(range_asked(), "bytes=10-19");
  answer({10, 19}, kPrivate);
  expect_part({10, 19});
}

TEST_F(PartialContent, ClientsThatMissTheSameChunkShareOneForward) {
  start();
  ask("Range: bytes=10-19\r\n");
  EXPECT_EQ(range_asked(), "bytes=0-2097151");
  auto second = worker_->connect();
  ask(second, "Range: bytes=500-599\r\n");
  ASSERT_TRUE(eventually([&] {
    const auto joined = shared_.fills.join_part(origin_.url("/v"), 0);
    return joined.fill->readers() == 1;  // the one that waits for the leader's head
  }));
  // Another place of the same response waits for nobody.
  auto third = worker_->connect();
  ask(third, "Range: bytes=2097152-2097153\r\n");
  auto other = origin_.accept();
  EXPECT_EQ(other.read_message().field("Range"), "bytes=2097152-4194303");
  other.send(part_head({2 * kChunk, kSize - 1}) + octets({2 * kChunk, kSize - 1}));
  expect_part(third, {2 * kChunk, 2 * kChunk + 1});
  answer({0, 2 * kChunk - 1});
  expect_part({10, 19});
  EXPECT_NE(expect_part(second, {500, 599}).find("collapsed"), std::string::npos);
  EXPECT_FALSE(origin_.has_caller());
}

TEST_F(PartialContent, AnOriginWithoutRangesIsPassedOnAndKeptWhole) {
  start();
  ask("Range: bytes=10-19\r\n");
  range_asked();
  upstream().send("HTTP/1.1 200 OK\r\n" + std::string(kFields) + "Content-Length: " + std::to_string(kSize) +
                  "\r\n\r\n" + whole_);
  expect_whole();
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=10-19\r\n");
  EXPECT_TRUE(is_hit(expect_part({10, 19})));
}

TEST_F(PartialContent, ASmallResponseIsWholeAfterOneRange) {
  start();
  ask("Range: bytes=2-3\r\n");
  range_asked();
  upstream().send(
      "HTTP/1.1 206 Partial Content\r\nCache-Control: max-age=60\r\nContent-Range: bytes 0-5/6\r\n"
      "Content-Length: 6\r\n\r\nabcdef");
  EXPECT_EQ(client_->read_message().content, "cd");
  ask("");
  const auto got = client_->read_message();
  EXPECT_EQ(got.content, "abcdef");
  EXPECT_TRUE(is_hit(got.field("Cache-Status"))) << got.head;
}

TEST_F(PartialContent, ASuffixIsAskedForAsItIsAndKept) {
  start();
  ask("Range: bytes=-500\r\n");
  EXPECT_EQ(range_asked(), "bytes=-500");
  answer({kSize - 500, kSize - 1});
  expect_part({kSize - 500, kSize - 1});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=-400\r\n");
  EXPECT_TRUE(is_hit(expect_part({kSize - 400, kSize - 1})));
}

TEST_F(PartialContent, IfRangeThatHoldsIsAnsweredWithThePartElseWithTheWhole) {
  start();
  ask("Range: bytes=0-9\r\nIf-Range: \"x\"\r\n");
  const auto request = upstream().read_message();
  EXPECT_EQ(request.field("Range"), "bytes=0-2097151");
  EXPECT_EQ(request.field("If-Range"), "\"x\"");
  answer({0, 2 * kChunk - 1});
  expect_part({0, 9});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=0-9\r\nIf-Range: \"x\"\r\n");
  EXPECT_TRUE(is_hit(expect_part({0, 9})));
  ask("Range: bytes=0-9\r\nIf-Range: \"old\"\r\n");
  const auto rest = upstream().read_message();
  EXPECT_EQ(rest.field("Range"), "bytes=2097152-" + std::to_string(kSize - 1)) << "what is there is not fetched again";
  EXPECT_EQ(rest.field("If-Range"), "\"x\"");
  answer({2 * kChunk, kSize - 1});
  expect_whole();
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=0-9\r\nIf-Range: \"older\"\r\n");
  EXPECT_TRUE(is_hit(expect_whole())) << "and the whole is stored then";
}

TEST_F(PartialContent, AnotherRepresentationUnderAnIfRangeThatDoesNotHoldIsPassedOnWhole) {
  start();
  store_front();
  ask("Range: bytes=0-9\r\nIf-Range: \"old\"\r\n");
  range_asked();
  upstream().send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"y\"\r\nContent-Length: " +
                  std::to_string(kSize) + "\r\n\r\n" + whole_);
  expect_whole();
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=0-9\r\nIf-Range: \"older\"\r\n");
  EXPECT_TRUE(is_hit(expect_whole()));
}

TEST_F(PartialContent, ARangeBehindTheEndIsUnsatisfiable) {
  start();
  ask("Range: bytes=0-9\r\n");
  range_asked();
  answer({0, 2 * kChunk - 1});
  expect_part({0, 9});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=99999999-\r\n");
  const auto got = client_->read_message();
  EXPECT_EQ(got.status(), 416);
  EXPECT_EQ(got.field("Content-Range"), "bytes */" + std::to_string(kSize));
}

TEST_F(PartialContent, SeveralRangesAreAnsweredFromWhatIsStored) {
  start();
  store_front();
  ask("Range: bytes=5-6, 1048570-1048579\r\n");
  const auto got = client_->read_message();
  EXPECT_EQ(got.status(), 206);
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.field("Content-Range"), "");
  EXPECT_TRUE(is_hit(got.field("Cache-Status"))) << got.head;
  EXPECT_TRUE(got.content == multipart(got, {{5, 6}, {1'048'570, 1'048'579}}));
}

TEST_F(PartialContent, SeveralRangesOfWhatIsNotStoredArePassedThrough) {
  start();
  ask("Range: bytes=5-6, 2097152-2097153\r\n");
  EXPECT_EQ(range_asked(), "bytes=5-6, 2097152-2097153");
  upstream().send(
      "HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=x\r\n"
      "Content-Length: 3\r\n\r\nxyz");
  EXPECT_EQ(client_->read_message().content, "xyz");
}

TEST_F(PartialContent, SeveralRangesOfWhatIsPartlyStoredAreCompletedWithOneForwardForAChunk) {
  start();
  store_front();
  ask("Range: bytes=2097160-2097169, 5-6, 2097100-2097155, 3000000-3000001, 100-199\r\n");
  EXPECT_EQ(range_asked(), "bytes=2097152-3146727");
  answer({2 * kChunk, kSize - 1});
  const auto got = client_->read_message();
  EXPECT_EQ(got.status(), 206);
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.field("Cache-Status"), "sluice; fwd=partial; stored; detail=range");
  EXPECT_TRUE(
      got.content ==
      multipart(got, {{2'097'160, 2'097'169}, {5, 6}, {2'097'100, 2'097'155}, {3'000'000, 3'000'001}, {100, 199}}));
  EXPECT_FALSE(origin_.has_caller());
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("");
  EXPECT_TRUE(is_hit(expect_whole())) << "what was fetched for them is kept";
}

TEST_F(PartialContent, GapsOfSeveralRangesThatAreFarApartAreFetchedInTurn) {
  auto configuration = quick_configuration();
  configuration.cache.read_ahead = 0;
  start(std::move(configuration));
  ask("Range: bytes=0-9\r\n");
  EXPECT_EQ(range_asked(), "bytes=0-1048575");
  answer({0, kChunk - 1});
  expect_part({0, 9});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=0-9, 1048576-1048577, 3145728-3145729\r\n");
  EXPECT_EQ(range_asked(), "bytes=1048576-2097151");
  // What the client asked for of it is here; the rest of the chunk is still coming.
  upstream().send(part_head({kChunk, 2 * kChunk - 1}) + octets({kChunk, kChunk + 99}));
  auto other = origin_.accept();
  EXPECT_EQ(other.read_message().field("Range"), "bytes=3145728-3146727");
  other.send(part_head({3 * kChunk, kSize - 1}) + octets({3 * kChunk, kSize - 1}));
  const auto got = client_->read_message();
  EXPECT_TRUE(got.content == multipart(got, {{0, 9}, {1'048'576, 1'048'577}, {3'145'728, 3'145'729}}));
}

TEST_F(PartialContent, SeveralRangesAreNeverMadeUpOfTwoRepresentations) {
  start();
  store_front();
  ask("Range: bytes=5-6, 2097152-2097153\r\n");
  range_asked();
  upstream().send(part_head({2 * kChunk, kSize - 1}, "Cache-Control: max-age=60\r\nETag: \"y\"\r\n"));
  upstream_.emplace(origin_.accept());
  EXPECT_EQ(range_asked(), "bytes=5-6, 2097152-2097153");
  upstream().send(
      "HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=x\r\n"
      "Content-Length: 3\r\n\r\nxyz");
  EXPECT_EQ(client_->read_message().content, "xyz");
}

TEST_F(PartialContent, APurgeCoversEveryChunkAndWhatIsUnderWay) {
  start();
  ask("Range: bytes=0-9\r\n");
  range_asked();
  upstream().send(part_head({0, 2 * kChunk - 1}) + octets({0, kChunk + 5000}));
  expect_part({0, 9});
  ASSERT_TRUE(eventually([&] { return shared_.memory->stats().responses == 1; }));
  const auto fill = shared_.fills.join_part(origin_.url("/v"), 0).fill;
  shared_.fills.invalidate(origin_.url("/v"));
  EXPECT_EQ(shared_.memory->purge(origin_.url("/v")), 1U);
  upstream().send(octets({kChunk + 5001, 2 * kChunk - 1}));
  ASSERT_TRUE(eventually([&] { return fill->state() == Fill::State::complete; }));
  EXPECT_EQ(shared_.memory->stats().responses, 0U);
}

TEST_F(PartialContent, WhatAHardPurgeTouchedIsNotJoined) {
  start();
  ask("Range: bytes=0-9\r\n");
  range_asked();
  answer({0, 2 * kChunk - 1});
  expect_part({0, 9});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  purge_host();
  ask("Range: bytes=2097152-2097161\r\n");
  range_asked();
  answer({2 * kChunk, kSize - 1});
  EXPECT_EQ(expect_part({2 * kChunk, 2 * kChunk + 9}), "sluice; fwd=uri-miss; stored; detail=purged");
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=2097160-2097169\r\n");
  EXPECT_TRUE(is_hit(expect_part({2 * kChunk + 8, 2 * kChunk + 17})));
  ask("Range: bytes=0-9\r\n");
  EXPECT_EQ(range_asked(), "bytes=0-2097151");
  answer({0, 2 * kChunk - 1});
  expect_part({0, 9});
}

TEST_F(PartialContent, AWholeThatAHardPurgeTouchedIsNotInTheWayOfParts) {
  start();
  ask("");
  range_asked();
  upstream().send("HTTP/1.1 200 OK\r\n" + std::string(kFields) + "Content-Length: " + std::to_string(kSize) +
                  "\r\n\r\n" + whole_);
  expect_whole();
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  purge_host();
  ask("Range: bytes=0-9\r\n");
  EXPECT_EQ(range_asked(), "bytes=0-2097151");
  answer({0, 2 * kChunk - 1});
  expect_part({0, 9});
  ASSERT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  ask("Range: bytes=10-19\r\n");
  EXPECT_TRUE(is_hit(expect_part({10, 19})));
}

TEST_F(PartialContent, PartsAreKeptOnDiskAndOverARestart) {
  start_with_disk();
  ask("Range: bytes=0-9\r\n");
  range_asked();
  answer({0, 2 * kChunk - 1});
  expect_part({0, 9});
  ASSERT_TRUE(is_on_disk({0, 2 * kChunk - 1}));
  EXPECT_EQ(shared_.memory->stats().responses, 0U);
  ask("Range: bytes=1048570-1048590\r\n");
  EXPECT_TRUE(is_hit(expect_part({1'048'570, 1'048'590})));
  worker_.reset();
  shared_.disk.reset();
  start_with_disk();
  ask("Range: bytes=2000000-2000009\r\n");
  EXPECT_TRUE(is_hit(expect_part({2'000'000, 2'000'009})));
  ask("");
  upstream_.emplace(origin_.accept());
  {
    // Behind stored octets no more is asked for than can wait in memory.
    const std::jthread origin([this] {
      EXPECT_EQ(range_asked(), "bytes=2097152-3145727");
      answer({2 * kChunk, 3 * kChunk - 1});
      EXPECT_EQ(range_asked(), "bytes=3145728-3146727");
      answer({3 * kChunk, kSize - 1});
    });
    EXPECT_EQ(expect_whole(), "sluice; fwd=partial; stored; detail=range");
  }
  ASSERT_TRUE(is_on_disk({0, kSize - 1}));
  ask("");
  EXPECT_TRUE(is_hit(expect_whole()));
}

}  // namespace
}  // namespace sluice::pipeline
