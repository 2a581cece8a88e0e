#include <csignal>
#include <optional>

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

// At 16kB/s a second's worth passes at once, and what is more in pieces. Clocks are only asked for what must have
// passed.
constexpr std::size_t kContent = 20'000;
constexpr milliseconds kLeast{250};  // for what is more than a second's worth

class PacedContent : public testing::Test {
 protected:
  PacedContent() {
    ::signal(SIGPIPE, SIG_IGN);
    shared_.policy.swap_in(
        support::policy_of("limit rate 16kB/s path /paced\nlimit rate 16kB/s method CONNECT\n"
                           "limit rate 1/s path /still\nlimit rate 16kB/s type video/*\nallow\n"));
    worker_ = std::make_unique<PipelineWorker>(shared_, support::quick_configuration());
  }

  std::string request(std::string_view method, std::string_view path, std::string_view fields = "") const {
    return std::string(method) + ' ' + origin_.url(path) + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n" +
           std::string(fields) + "\r\n";
  }
  static std::string response(std::string_view content, std::string_view fields) {
    return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(content.size()) +
           "\r\n\r\n" + std::string(content);
  }
  // A client that has one octet of a response that comes at an octet a second, and waits for the next.
  Peer connect_to_still() {
    auto client = worker_->connect();
    client.send(request("GET", "/still"));
    upstream_ = origin_.accept();
    upstream_->read_message();
    upstream_->send(response(patterned(100), ""));
    client.read_head();
    EXPECT_EQ(client.read_exactly(1).size(), 1U);
    return client;
  }
  static milliseconds since(SteadyTime start) {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  }

  support::SharedParts shared_;
  ManualOrigin origin_;
  std::unique_ptr<PipelineWorker> worker_;
  std::optional<Peer> upstream_;  // of connect_to_still()
  const std::string content_ = patterned(kContent);
};

TEST_F(PacedContent, WhatIsStreamedComesInPieces) {
  auto client = worker_->connect();
  client.send(request("GET", "/paced", "Connection: close\r\n"));
  auto upstream = origin_.accept();
  upstream.read_message();
  const std::string whole = "4e20\r\n" + content_ + "\r\n";
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + whole + "0\r\n\r\n");
  client.read_head();
  const auto sent = client.read_to_end();
  EXPECT_GT(sent.size(), content_.size());
  EXPECT_EQ(sent.find(whole), sent.npos) << "all of it in one chunk";
  EXPECT_TRUE(sent.ends_with("\r\n0\r\n\r\n"));
}

TEST_F(PacedContent, WhatIsStoredIsPacedToo) {
  auto client = worker_->connect();
  client.send(request("GET", "/v"));
  auto upstream = origin_.accept();
  upstream.read_message();
  const auto start = std::chrono::steady_clock::now();
  upstream.send(response(content_, "Cache-Control: max-age=60\r\nContent-Type: video/mp4\r\n"));
  EXPECT_TRUE(client.read_message().content == content_);
  EXPECT_GE(since(start), kLeast);
  const auto again = std::chrono::steady_clock::now();
  client.send(request("GET", "/v"));
  const auto hit = client.read_message();
  EXPECT_NE(hit.field("Cache-Status").find("hit"), std::string::npos) << hit.head;
  EXPECT_TRUE(hit.content == content_);
  EXPECT_GE(since(again), kLeast);
  client.send(request("GET", "/v", "Range: bytes=100-299\r\n"));
  const auto part = client.read_message();
  EXPECT_EQ(part.status(), 206);
  EXPECT_TRUE(part.content == content_.substr(100, 200));
  client.send(request("HEAD", "/v"));
  EXPECT_EQ(client.read_message(false).field("Content-Length"), "20000");
}

TEST_F(PacedContent, WhatIsStoredWithoutContentHasNoPace) {
  auto client = worker_->connect();
  client.send(request("GET", "/empty"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send(response("", "Cache-Control: max-age=60\r\nContent-Type: video/mp4\r\n"));
  EXPECT_TRUE(client.read_message().complete);
  client.send(request("GET", "/empty"));
  const auto hit = client.read_message();
  EXPECT_NE(hit.field("Cache-Status").find("hit"), std::string::npos) << hit.head;
  EXPECT_TRUE(hit.complete);
}

TEST_F(PacedContent, WhatTheClientSendsIsPaced) {
  auto client = worker_->connect();
  const auto start = std::chrono::steady_clock::now();
  client.send(request("POST", "/paced", "Content-Length: 20000\r\n") + content_);
  auto upstream = origin_.accept();
  const auto seen = upstream.read_message();
  EXPECT_GE(since(start), kLeast);
  EXPECT_TRUE(seen.content == content_);
  upstream.send(response("done", ""));
  EXPECT_EQ(client.read_message().content, "done");
}

TEST_F(PacedContent, ATunnelIsPaced) {
  auto client = worker_->connect();
  client.send("CONNECT " + origin_.host() + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n\r\n");
  auto upstream = origin_.accept();
  EXPECT_FALSE(client.read_head().empty());
  const auto start = std::chrono::steady_clock::now();
  upstream.send(content_);
  EXPECT_TRUE(client.read_exactly(kContent) == content_);
  EXPECT_GE(since(start), kLeast);
}

// At an octet a second it would wait for a minute and a half.
TEST_F(PacedContent, AClientThatResetsWhileItsResponseWaitsIsGone) {
  auto client = connect_to_still();
  client.reset();
  EXPECT_TRUE(eventually([&] { return worker_->open_connections() == 0; }));
  EXPECT_EQ(worker_->metrics.errors[static_cast<int>(ErrorKind::client_gone)].value(), 1U);
}

TEST_F(PacedContent, AClientThatResetsWhileItsContentWaitsIsGone) {
  auto client = worker_->connect();
  client.send(request("POST", "/still", "Content-Length: 100\r\n") + patterned(100));
  auto upstream = origin_.accept();
  upstream.read_head();
  EXPECT_EQ(upstream.read_exactly(1).size(), 1U);
  client.reset();
  EXPECT_TRUE(eventually([&] { return worker_->open_connections() == 0; }));
  EXPECT_LT(upstream.read_to_end().size(), 99U);
}

TEST_F(PacedContent, AWorkerThatIsInterruptedDoesNotWait) {
  auto client = connect_to_still();
  worker_->on_worker([&] {
    net::Reactor::of(worker_->services().context).interrupt();
    return true;
  });
  EXPECT_TRUE(eventually([&] { return worker_->open_connections() == 0; }));
}

TEST_F(PacedContent, APolicyThatDeniesItEndsItsWaiting) {
  auto client = connect_to_still();
  shared_.policy.swap_in(support::policy_of("deny\n"));
  EXPECT_LT(client.read_to_end().size(), 10U);
}

}  // namespace
}  // namespace sluice::pipeline
