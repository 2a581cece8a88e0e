// One forward for many clients, one of which does not keep up: it holds nobody up, and gets no wrong octet.

#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/pipeline_worker.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::pipeline {
namespace {

using support::eventually;
using support::ManualOrigin;
using support::patterned;
using support::Peer;
using support::PipelineWorker;

constexpr std::size_t kSize = 24 << 20;  // several windows, and what sockets take
constexpr std::string_view kStrong = "ETag: \"x\"\r\n";

class SlowReader : public testing::Test {
 protected:
  SlowReader() {
    ::signal(SIGPIPE, SIG_IGN);
    auto configuration = support::quick_configuration();
    configuration.cache.memory_largest = 1 << 20;
    worker_ = std::make_unique<PipelineWorker>(shared_, std::move(configuration));
    slow_.emplace(worker_->connect(4096));
    fast_.emplace(worker_->connect());
  }

  void ask(Peer& client, std::string_view fields = {}) {
    client.send("GET " + origin_.url("/v") + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n" + std::string(fields) +
                "\r\n");
  }
  void both_ask(Peer& leader, Peer& follower) {
    ask(leader);
    upstream_.emplace(origin_.accept());
    upstream_->read_message();
    ask(follower);
    EXPECT_TRUE(eventually([&] {
      const auto joined = shared_.fills.join(origin_.url("/v"));
      return joined.fill->readers() == 1;  // the leader reads once there is a head
    }));
  }
  static std::string head(std::string_view fields) {
    return "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n" + std::string(fields) +
           "Content-Length: " + std::to_string(kSize) + "\r\n\r\n";
  }
  // The fast one gets all, though the slow one takes nothing.
  void expect_all_for_fast(std::string_view fields) {
    std::thread sender([&] { upstream_->send(head(fields) + whole_); });
    const auto got = fast_->read_message();
    EXPECT_TRUE(got.complete);
    EXPECT_TRUE(got.content == whole_);
    sender.join();
  }
  // The slow one begins to read; what its own forward asks for, and the answer to it.
  support::SeenMessage read_slow(std::string_view fields) {
    support::SeenMessage got;
    std::thread reader([&] { got = slow_->read_message(); });
    const auto asked = upstream_->read_message();  // the connection was free again
    EXPECT_EQ(asked.field("If-None-Match"), "");
    const auto range = asked.field("Range");
    EXPECT_TRUE(range.starts_with("bytes=") && range.ends_with("-" + std::to_string(kSize - 1))) << range;
    const auto first = std::stoul(range.substr(6));
    EXPECT_GT(first, 0U);
    upstream_->send("HTTP/1.1 206 Partial Content\r\nCache-Control: max-age=60\r\n" + std::string(fields) +
                    "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(kSize - 1) + "/" +
                    std::to_string(kSize) + "\r\nContent-Length: " + std::to_string(kSize - first) + "\r\n\r\n" +
                    whole_.substr(first));
    reader.join();
    return got;
  }
  void expect_rest_for_slow() {
    const auto got = read_slow(kStrong);
    EXPECT_TRUE(got.complete);
    EXPECT_TRUE(got.content == whole_);
  }
  void expect_cut(const support::SeenMessage& got) const {
    EXPECT_EQ(got.status(), 200);
    EXPECT_FALSE(got.complete);
    EXPECT_LT(got.content.size(), kSize);
    EXPECT_TRUE(whole_.starts_with(got.content));
  }

  const std::string whole_ = patterned(kSize, 5);
  support::SharedParts shared_;
  ManualOrigin origin_;
  std::unique_ptr<PipelineWorker> worker_;
  std::optional<Peer> slow_;
  std::optional<Peer> fast_;
  std::optional<Peer> upstream_;
};

TEST_F(SlowReader, ThatFollowsGoesOnWithAForwardOfItsOwn) {
  both_ask(*fast_, *slow_);
  expect_all_for_fast(kStrong);
  expect_rest_for_slow();
}

TEST_F(SlowReader, ThatLeadsHoldsNobodyUpEither) {
  both_ask(*slow_, *fast_);
  expect_all_for_fast(kStrong);
  expect_rest_for_slow();
}

TEST_F(SlowReader, SeesTheCutWhenThereIsAnotherRepresentationNow) {
  both_ask(*fast_, *slow_);
  expect_all_for_fast(kStrong);
  expect_cut(read_slow("ETag: \"y\"\r\n"));
}

TEST_F(SlowReader, SeesTheCutWhenNothingProvesThatTheRestIsOfTheSame) {
  both_ask(*fast_, *slow_);
  expect_all_for_fast("ETag: W/\"x\"\r\n");
  expect_cut(slow_->read_message());
  EXPECT_FALSE(origin_.has_caller());
}

// Parts of a response that is not stored share a forward too.
TEST_F(SlowReader, OfAPartGoesOnWithAForwardOfItsOwn) {
  const auto part = [&](std::uint64_t first) {
    return "HTTP/1.1 206 Partial Content\r\nCache-Control: max-age=60\r\n" + std::string(kStrong) +
           "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(kSize - 1) + "/" +
           std::to_string(kSize) + "\r\nContent-Length: " + std::to_string(kSize - first) + "\r\n\r\n" +
           whole_.substr(first);
  };
  const auto range = "Range: bytes=0-" + std::to_string(kSize - 1) + "\r\n";
  ask(*slow_, range);
  upstream_.emplace(origin_.accept());
  upstream_->read_message();
  ask(*fast_, range);
  EXPECT_TRUE(eventually([&] {
    const auto joined = shared_.fills.join_part(origin_.url("/v"), 0);
    return joined.fill->readers() == 1;
  }));
  std::thread sender([&] { upstream_->send(part(0)); });
  EXPECT_TRUE(fast_->read_message().content == whole_);
  sender.join();
  support::SeenMessage got;
  std::thread reader([&] { got = slow_->read_message(); });
  const auto asked = upstream_->read_message().field("Range");
  EXPECT_TRUE(asked.starts_with("bytes=")) << asked;
  upstream_->send(part(std::stoul(asked.substr(6))));
  reader.join();
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.content == whole_);
}

}  // namespace
}  // namespace sluice::pipeline
