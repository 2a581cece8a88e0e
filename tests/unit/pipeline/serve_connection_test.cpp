#include "gateway/pipeline/serve_connection.hpp"

#include <csignal>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/failing_store.hpp"
#include "tests/support/pipeline_worker.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::pipeline {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using support::ManualOrigin;
using support::patterned;
using support::Peer;
using support::PipelineWorker;
using support::quick_configuration;

std::string get(const ManualOrigin& origin, std::string_view path, std::string_view fields = "") {
  return "GET " + origin.url(path) + " HTTP/1.1\r\nHost: " + origin.host() + "\r\n" + std::string(fields) + "\r\n";
}

std::string post(const ManualOrigin& origin, std::string_view path, std::string_view fields) {
  return "POST " + origin.url(path) + " HTTP/1.1\r\nHost: " + origin.host() + "\r\n" + std::string(fields) + "\r\n";
}

std::string ok(std::string_view content, std::string_view fields = "Cache-Control: max-age=60\r\n") {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(content.size()) +
         "\r\n\r\n" + std::string(content);
}

std::string chunks(std::string_view content, std::size_t size) {
  std::string out;
  while (!content.empty()) {
    const auto piece = content.substr(0, size);
    http::append_chunk_head(piece.size(), out);
    out.append(piece).append("\r\n");
    content.remove_prefix(piece.size());
  }
  return out;
}

class ServeConnection : public testing::Test {
 protected:
  ServeConnection() { ::signal(SIGPIPE, SIG_IGN); }

  void start(config::Configuration configuration = quick_configuration()) {
    worker_ = std::make_unique<PipelineWorker>(shared_, std::move(configuration));
  }
  void use_policy(std::string_view text) { shared_.policy.swap_in(support::policy_of(text)); }
  void use_disk() {
    auto store = std::make_unique<support::FailingStore>(script_, cache::make_memory_store({}));
    store->reads_by_piece = true;
    shared_.disk = std::make_unique<DiskTier>(std::move(store));
  }
  // What is larger than 10,000 octets is too large for memory.
  void start_for_small_ones() {
    auto configuration = quick_configuration();
    configuration.cache.memory_largest = 10'000;
    start(configuration);
  }
  // The client that got it, and the connection to the origin server.
  std::pair<Peer, Peer> ask_for_a_small_one() {
    auto client = worker_->connect();
    client.send(get(origin_, "/"));
    auto upstream = origin_.accept();
    upstream.read_message();
    upstream.send(ok(patterned(5000)));
    client.read_message();
    return {std::move(client), std::move(upstream)};
  }
  std::shared_ptr<Fill> fill_of(const std::string& url) { return shared_.fills.join(url).fill; }
  // Waits until so many clients read the fill of this key.
  bool readers_become(std::string_view key, std::size_t count) {
    return eventually([&] {
      if (!shared_.fills.has(key)) { return false; }
      const auto joined = shared_.fills.join(key);
      if (joined.leads) {
        shared_.fills.leave(key, *joined.fill);
        return false;
      }
      return joined.fill->readers() == count;
    });
  }

  std::shared_ptr<support::StoreScript> script_ = std::make_shared<support::StoreScript>();
  support::SharedParts shared_;
  ManualOrigin origin_;
  std::unique_ptr<PipelineWorker> worker_;
};

// ---- forwarding and storing

TEST_F(ServeConnection, AMissIsForwardedStoredAndThenAHit) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/a"));
  auto upstream = origin_.accept();
  const auto request = upstream.read_message();
  EXPECT_TRUE(request.has("GET /a HTTP/1.1\r\n")) << request.head;
  upstream.send(ok("hello"));
  const auto first = client.read_message();
  EXPECT_EQ(first.content, "hello");
  client.send(get(origin_, "/a"));
  const auto second = client.read_message();
  EXPECT_EQ(second.content, "hello");
  EXPECT_NE(second.field("Cache-Status").find("hit"), std::string::npos) << second.head;
}

// Its blocks are in the content memory but for a small last one.
TEST_F(ServeConnection, ALargeResponseIsSentFromWhereItIsStored) {
  start();
  const auto content = patterned((2 << 20) + 1000);
  auto client = worker_->connect();
  client.send(get(origin_, "/large"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send(ok(content));
  EXPECT_TRUE(client.read_message().content == content);
  EXPECT_EQ(shared_.content->used(), 2U << 20);
  client.send(get(origin_, "/large"));
  const auto hit = client.read_message();
  EXPECT_TRUE(hit.has("Cache-Status: sluice; hit")) << hit.head;
  EXPECT_TRUE(hit.content == content);
  for (const auto& [first, last] : {std::pair(0UL, 9UL),
                                    {1'048'570UL, 1'048'580UL},
                                    {5UL, content.size() - 1},
                                    {content.size() - 10, content.size() - 1},
                                    {(2UL << 20) - 1, 2UL << 20}}) {
    client.send(get(origin_, "/large", "Range: bytes=" + std::to_string(first) + "-" + std::to_string(last) + "\r\n"));
    const auto part = client.read_message();
    EXPECT_TRUE(part.has("206 Partial Content")) << part.head;
    EXPECT_TRUE(part.content == content.substr(first, last - first + 1)) << first << "-" << last;
  }
}

TEST_F(ServeConnection, PipelinedRequestsAreAnsweredInOrder) {
  start();
  auto client = worker_->connect();
  std::string requests;
  for (int i = 0; i < 30; ++i) { requests += get(origin_, "/" + std::to_string(i)); }
  client.send(requests);
  auto upstream = origin_.accept();
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(upstream.read_message().has("GET /" + std::to_string(i) + " "));
    upstream.send(ok(std::to_string(i)));
    EXPECT_EQ(client.read_message().content, std::to_string(i));
  }
  EXPECT_FALSE(origin_.has_caller());
}

TEST_F(ServeConnection, AChunkedUploadPassesWithItsSafeTrailers) {
  start();
  auto client = worker_->connect();
  const auto content = patterned(300'000);
  client.send(post(origin_, "/up", "Transfer-Encoding: chunked\r\n"));
  auto upstream = origin_.accept();
  client.send(chunks(content, 7777) + "0\r\nRepr-Digest: 1\r\nContent-Length: 3\r\n\r\n");
  const auto request = upstream.read_message();
  EXPECT_TRUE(request.complete);
  EXPECT_TRUE(request.content == content);
  EXPECT_EQ(upstream.trailers, "Repr-Digest: 1\n");
  upstream.send(ok("taken", ""));
  EXPECT_EQ(client.read_message().content, "taken");
}

TEST_F(ServeConnection, AnUploadFollowedByAPipelinedRequest) {
  start();
  auto client = worker_->connect();
  const auto content = patterned(100'000);
  client.send(post(origin_, "/up", "Content-Length: 100000\r\n") + content + get(origin_, "/next"));
  auto upstream = origin_.accept();
  EXPECT_TRUE(upstream.read_message().content == content);
  upstream.send(ok("taken", ""));
  EXPECT_EQ(client.read_message().content, "taken");
}

TEST_F(ServeConnection, AnEarlyAnswerToAnUploadReachesTheClient) {
  start();
  auto client = worker_->connect();
  client.send(post(origin_, "/up", "Content-Length: 1000000\r\n") + "begin");
  auto upstream = origin_.accept();
  EXPECT_EQ(upstream.read_head().substr(0, 9), "POST /up ");
  upstream.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
  const auto answer = client.read_message();
  EXPECT_EQ(answer.status(), 413);
  EXPECT_EQ(answer.content, "big");
  EXPECT_EQ(answer.field("Connection"), "close");
}

TEST_F(ServeConnection, AnOriginThatClosesInTheMiddleOfAnUploadIsABadGateway) {
  start();
  auto client = worker_->connect();
  client.send(post(origin_, "/up", "Content-Length: 1000\r\n") + "begin");
  {
    auto upstream = origin_.accept();
    EXPECT_FALSE(upstream.read_head().empty());
    EXPECT_EQ(upstream.read_exactly(5), "begin");
  }
  const auto answer = client.read_message();
  EXPECT_EQ(answer.status(), 502) << answer.head;
}

TEST_F(ServeConnection, AClientThatCutsItsUploadIsNotTakenForComplete) {
  start();
  auto client = worker_->connect();
  client.send(post(origin_, "/up", "Content-Length: 1000\r\n") + "begin");
  auto upstream = origin_.accept();
  upstream.read_head();
  EXPECT_EQ(upstream.read_exactly(5), "begin");
  client.close();
  EXPECT_TRUE(upstream.is_at_end());
  EXPECT_TRUE(eventually([&] { return worker_->open_connections() == 0; }));
}

TEST_F(ServeConnection, AnUploadThatIsTooSlowIsAnsweredWithATimeout) {
  auto configuration = quick_configuration();
  configuration.timeouts.body_grace = 100ms;
  start(configuration);
  auto client = worker_->connect();
  client.send(post(origin_, "/up", "Content-Length: 1000\r\n") + "begin");
  auto upstream = origin_.accept();
  EXPECT_EQ(client.read_message().status(), 408);
}

// The limit for the first octet of the response begins when the request was sent, however long that took.
TEST_F(ServeConnection, ALongUploadIsNoSilentOrigin) {
  auto configuration = quick_configuration();
  configuration.timeouts.body_grace = 600s;
  start(configuration);
  auto client = worker_->connect();
  client.send(post(origin_, "/up", "Content-Length: 10\r\n") + "begin");
  auto upstream = origin_.accept();
  upstream.read_head();
  EXPECT_EQ(upstream.read_exactly(5), "begin");
  worker_->on_worker([&] { worker_->services().wheel.advance(coarse_now() + 61s); });
  EXPECT_EQ(worker_->open_connections(), 1U);
  client.send("- end");
  EXPECT_EQ(upstream.read_exactly(5), "- end");
  upstream.send(ok("taken", ""));
  const auto answer = client.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.content, "taken");
}

TEST_F(ServeConnection, AMalformedUploadIsRefusedThoughItsHeadWasForwarded) {
  start();
  auto client = worker_->connect();
  client.send(post(origin_, "/up", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\nnonsense\r\n");
  auto upstream = origin_.accept();
  EXPECT_EQ(client.read_message().status(), 400);
}

TEST_F(ServeConnection, AContentIsAskedForByTheOriginsOwn100) {
  start();
  auto client = worker_->connect();
  client.send(post(origin_, "/up", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
  auto upstream = origin_.accept();
  EXPECT_NE(upstream.read_head().find("100-continue"), std::string::npos);
  upstream.send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 100);
  client.send("hello");
  EXPECT_EQ(upstream.read_exactly(5), "hello");
  upstream.send(ok("done", ""));
  EXPECT_EQ(client.read_message().content, "done");
}

// ---- cuts

TEST_F(ServeConnection, ACutResponseIsCutForTheClientAndNotStored) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/cut"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nonly this");
  EXPECT_FALSE(client.read_head().empty());
  EXPECT_EQ(client.read_exactly(9), "only this");
  upstream.close();
  EXPECT_TRUE(client.is_at_end());
  EXPECT_EQ(shared_.memory->stats().responses, 0U);
}

// An HTTP/1.0 client takes the end of the connection for the end of the content: a cut must not look like one.
TEST_F(ServeConnection, ACutIsSeenByAClientThatKnowsNoChunks) {
  start();
  auto client = worker_->connect();
  client.send("GET " + origin_.url("/cut") + " HTTP/1.0\r\n\r\n");
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n");
  EXPECT_FALSE(client.read_head().empty());
  EXPECT_EQ(client.read_exactly(5), "begin");
  upstream.close();
  EXPECT_TRUE(client.is_at_end());
  EXPECT_TRUE(client.was_reset());
}

TEST_F(ServeConnection, AnUnknownLengthEndsForAnOldClientWithTheConnection) {
  start();
  auto client = worker_->connect();
  client.send("GET " + origin_.url("/old") + " HTTP/1.0\r\n\r\n");
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  const auto answer = client.read_message();
  EXPECT_EQ(answer.content, "hello");
  EXPECT_TRUE(answer.complete);
}

// What a client would not take in time must not be followed by an answer of our own: it would read that as content.
TEST_F(ServeConnection, AClientThatStoppedTakingAStoredResponseGetsNothingElse) {
  auto configuration = quick_configuration();
  configuration.timeouts.write = 500ms;
  start(configuration);
  const auto content = patterned(12 << 20);
  {
    auto client = worker_->connect();
    client.send(get(origin_, "/large"));
    auto upstream = origin_.accept();
    upstream.read_message();
    upstream.send(ok(content));
    EXPECT_TRUE(client.read_message().content == content);
  }
  auto slow = worker_->connect(4096);
  slow.send(get(origin_, "/large"));
  // It takes nothing until it was given up.
  EXPECT_TRUE(eventually([&] {
    return worker_->on_worker(
        [&] { return worker_->metrics.errors[static_cast<int>(ErrorKind::connection_write_timeout)].value() > 0; });
  }));
  const auto answer = slow.read_message();
  EXPECT_LT(answer.content.size(), content.size());
  EXPECT_TRUE(answer.content == content.substr(0, answer.content.size()));
  EXPECT_EQ(answer.head.find("HTTP/1.1 5"), std::string::npos);
}

TEST_F(ServeConnection, ASwitchOfProtocolsThatNobodyAskedForIsABadGateway) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 502);
}

TEST_F(ServeConnection, ASwitchToAnotherProtocolThanAskedForIsABadGateway) {
  start();
  for (const auto* upgrade : {"", "Upgrade: h2c\r\n", "Upgrade: websocket, h2c\r\n"}) {
    auto client = worker_->connect();
    client.send(get(origin_, "/", "Connection: upgrade\r\nUpgrade: WebSocket\r\n"));
    auto upstream = origin_.accept();
    upstream.read_message();
    upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n" + std::string(upgrade) + "\r\n");
    EXPECT_EQ(client.read_message().status(), 502) << upgrade;
  }
}

TEST_F(ServeConnection, AnUpgradeAheadOfTheEndOfTheRequestsContentIsABadGateway) {
  start();
  auto client = worker_->connect();
  client.send(post(origin_, "/", "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 1000\r\n") + "begin");
  auto upstream = origin_.accept();
  upstream.read_head();
  upstream.read_exactly(5);
  upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 502);
}

TEST_F(ServeConnection, AnUpgradedConnectionIsATunnel) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/", "Connection: upgrade\r\nUpgrade: websocket\r\n") + "early");
  auto upstream = origin_.accept();
  EXPECT_NE(upstream.read_head().find("Upgrade: websocket"), std::string::npos);
  upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nfrom origin");
  EXPECT_EQ(client.read_message().status(), 101);
  EXPECT_EQ(client.read_exactly(11), "from origin");
  EXPECT_EQ(upstream.read_exactly(5), "early");
}

// ---- one forward for many

TEST_F(ServeConnection, ConcurrentClientsShareOneForward) {
  start();
  PipelineWorker other(shared_);
  std::vector<Peer> clients;
  clients.push_back(worker_->connect());
  clients.back().send(get(origin_, "/shared"));
  auto upstream = origin_.accept();
  upstream.read_message();
  for (int i = 0; i < 8; ++i) {
    clients.push_back(i % 2 == 0 ? worker_->connect() : other.connect());
    clients.back().send(get(origin_, "/shared"));
  }
  EXPECT_TRUE(readers_become(origin_.url("/shared"), 8));
  const auto content = patterned(500'000);
  upstream.send(ok(content));
  for (auto& client : clients) {
    const auto answer = client.read_message();
    EXPECT_TRUE(answer.complete);
    EXPECT_TRUE(answer.content == content);
  }
  EXPECT_FALSE(origin_.has_caller());
}

TEST_F(ServeConnection, FastAndSlowReadersOfALargeResponseAllGetEveryOctet) {
  auto configuration = quick_configuration();
  configuration.cache.memory_largest = 1 << 20;
  start(configuration);
  PipelineWorker other(shared_, configuration);
  auto leader = worker_->connect();
  leader.send(get(origin_, "/large"));
  auto upstream = origin_.accept();
  upstream.read_message();
  auto slow = other.connect(4096);
  slow.send(get(origin_, "/large"));
  EXPECT_TRUE(readers_become(origin_.url("/large"), 1));
  const auto content = patterned(40 << 20);
  std::thread sender([&] { upstream.send(ok(content)); });
  support::SeenMessage fast;
  std::thread reader([&] { fast = leader.read_message(); });
  const auto late = slow.read_message();
  reader.join();
  sender.join();
  EXPECT_TRUE(fast.content == content);
  EXPECT_TRUE(late.content == content);
}

TEST_F(ServeConnection, AReaderThatComesTooLateForwardsForItself) {
  auto configuration = quick_configuration();
  configuration.cache.memory_largest = 1000;
  start(configuration);
  auto leader = worker_->connect();
  leader.send(get(origin_, "/large"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 200000\r\n\r\n" + patterned(100'000));
  leader.read_head();
  leader.read_exactly(100'000);
  auto late = worker_->connect();
  late.send(get(origin_, "/large"));
  auto second = origin_.accept();
  second.read_message();
  second.send(ok("small now"));
  EXPECT_EQ(late.read_message().content, "small now");
}

TEST_F(ServeConnection, FollowersShareTheFailureOfTheUpstream) {
  start();
  auto leader = worker_->connect();
  leader.send(get(origin_, "/broken"));
  auto upstream = origin_.accept();
  upstream.read_message();
  auto follower = worker_->connect();
  follower.send(get(origin_, "/broken"));
  EXPECT_TRUE(readers_become(origin_.url("/broken"), 1));
  upstream.close();
  EXPECT_EQ(leader.read_message().status(), 502);
  EXPECT_EQ(follower.read_message().status(), 502);
}

TEST_F(ServeConnection, AFailureInTheMiddleCutsEveryone) {
  start();
  auto leader = worker_->connect();
  leader.send(get(origin_, "/cut"));
  auto upstream = origin_.accept();
  upstream.read_message();
  auto follower = worker_->connect();
  follower.send(get(origin_, "/cut"));
  EXPECT_TRUE(readers_become(origin_.url("/cut"), 1));
  upstream.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nbegin");
  for (auto* client : {&leader, &follower}) {
    EXPECT_FALSE(client->read_head().empty());
    EXPECT_EQ(client->read_exactly(5), "begin");
  }
  upstream.close();
  EXPECT_TRUE(leader.is_at_end());
  EXPECT_TRUE(follower.is_at_end());
}

// What ends the leader's own client is no answer to anybody else's request.
TEST_F(ServeConnection, ALeaderWhoseClientWentAwayDoesNotFailItsFollowers) {
  start();
  auto leader = worker_->connect();
  leader.send(get(origin_, "/hints"));
  auto upstream = origin_.accept();
  upstream.read_message();
  auto follower = worker_->connect();
  follower.send(get(origin_, "/hints"));
  EXPECT_TRUE(readers_become(origin_.url("/hints"), 1));
  leader.reset();
  // Interim responses are written to the leader's client, which is not there any more.
  for (int i = 0; i < 20; ++i) { upstream.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"); }
  auto again = origin_.accept();
  again.read_message();
  again.send(ok("for the follower"));
  EXPECT_EQ(follower.read_message().content, "for the follower");
}

TEST_F(ServeConnection, ARuleOnUrlsHoldsHoweverTheUrlIsSpelled) {
  use_policy("deny url ~ \"^http://[^/]*/ads/\"\nallow\n");
  start();
  for (const auto* path : {"/ads/x", "/%61ds/x", "/./ads/x", "/b/../ads/x", "/%2e/%41%44%53/../ads/x"}) {
    auto client = worker_->connect();
    client.send(get(origin_, path));
    EXPECT_EQ(client.read_message().status(), 403) << path;
  }
}

TEST_F(ServeConnection, ADenialOfEveryAddressConnectsNothingAndLeavesNoFill) {
  use_policy("deny to 127.0.0.0/8\nallow\n");
  start();
  auto denied = worker_->connect();
  denied.send("GET http://localhost:" + std::to_string(origin_.port()) +
              "/ HTTP/1.1\r\nHost: localhost:" + std::to_string(origin_.port()) + "\r\n\r\n");
  EXPECT_EQ(denied.read_message().status(), 403);
  EXPECT_FALSE(origin_.has_caller());
  EXPECT_EQ(shared_.fills.size(), 0U);
}

// Memory is looked at first, but nothing leaves it that the request or the address forbids.
TEST_F(ServeConnection, WhatIsStoredIsJudgedByTodaysPolicy) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/a"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send(ok("hello"));
  EXPECT_EQ(client.read_message().content, "hello");
  for (const auto* rule : {"deny path /a", "deny to 127.0.0.0/8", "deny field X-Job ~ \"batch\"", "deny status 200"}) {
    use_policy(std::string(rule) + "\nallow\n");
    client.send(get(origin_, "/a", "X-Job: batch\r\n"));
    const auto denied = client.read_message();
    EXPECT_EQ(denied.status(), 403) << rule;
    EXPECT_FALSE(denied.has("Cache-Status: sluice; hit")) << rule;
  }
  use_policy("allow to 127.0.0.0/8\ndeny\n");
  client.send(get(origin_, "/a"));
  EXPECT_TRUE(client.read_message().has("Cache-Status: sluice; hit"));
}

// A policy that comes into force meanwhile cuts what it denies, with the next piece of content.
TEST_F(ServeConnection, ADownloadThatANewPolicyDeniesIsCut) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/long"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send(
      "HTTP/1.1 200 OK\r\nContent-Length: 20\r\nContent-Type: video/mp4\r\nCache-Control: no-store\r\n\r\nfirst half");
  EXPECT_FALSE(client.read_head().empty());
  EXPECT_EQ(client.read_exactly(10), "first half");
  use_policy("deny type text/*\nallow\n");
  upstream.send(".....");
  EXPECT_EQ(client.read_exactly(5), ".....");
  use_policy("deny type video/*\nallow\n");
  upstream.send("12345");
  EXPECT_TRUE(client.is_at_end());
  EXPECT_TRUE(eventually(
      [&] { return worker_->metrics.errors[static_cast<int>(ErrorKind::http_request_denied)].value() == 1; }));
}

TEST_F(ServeConnection, AnUploadThatANewPolicyDeniesIsRefused) {
  start();
  auto client = worker_->connect();
  client.send(post(origin_, "/long", "Content-Length: 1000\r\n") + "begin");
  auto upstream = origin_.accept();
  upstream.read_head();
  upstream.read_exactly(5);
  use_policy("deny method POST\nallow\n");
  client.send("and on");
  EXPECT_EQ(client.read_message().status(), 403);
}

TEST_F(ServeConnection, AFollowerOfAnotherVariantForwardsForItself) {
  start();
  auto leader = worker_->connect();
  leader.send(get(origin_, "/vary", "Accept-Language: en\r\n"));
  auto upstream = origin_.accept();
  upstream.read_message();
  auto follower = worker_->connect();
  follower.send(get(origin_, "/vary", "Accept-Language: de\r\n"));
  EXPECT_TRUE(readers_become(origin_.url("/vary"), 1));
  upstream.send(ok("english", "Connection: close\r\nVary: Accept-Language\r\nCache-Control: max-age=60\r\n"));
  auto second = origin_.accept();
  second.read_message();
  second.send(ok("deutsch", "Vary: Accept-Language\r\nCache-Control: max-age=60\r\n"));
  EXPECT_EQ(leader.read_message().content, "english");
  EXPECT_EQ(follower.read_message().content, "deutsch");
  EXPECT_EQ(shared_.memory->stats().responses, 2U);
}

TEST_F(ServeConnection, WhatMayNotBeStoredIsForwardedForEachFollower) {
  start();
  auto leader = worker_->connect();
  leader.send(get(origin_, "/mine"));
  auto upstream = origin_.accept();
  upstream.read_message();
  auto follower = worker_->connect();
  follower.send(get(origin_, "/mine"));
  EXPECT_TRUE(readers_become(origin_.url("/mine"), 1));
  upstream.send(ok("for one", "Connection: close\r\nCache-Control: private\r\n"));
  EXPECT_EQ(leader.read_message().content, "for one");
  auto second = origin_.accept();
  second.read_message();
  second.send(ok("for the other", "Cache-Control: private\r\n"));
  EXPECT_EQ(follower.read_message().content, "for the other");
}

TEST_F(ServeConnection, ASuccessfulValidationServesTheFollowersToo) {
  start();
  auto leader = worker_->connect();
  leader.send(get(origin_, "/v"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send(ok("stored", "Cache-Control: max-age=60\r\nETag: \"1\"\r\n"));
  EXPECT_EQ(leader.read_message().content, "stored");
  shared_.purges.add(cache::PurgeScope::url, origin_.url("/v"), false, coarse_unix_now(), [](const auto&) {});
  leader.send(get(origin_, "/v"));
  EXPECT_EQ(upstream.read_message().field("If-None-Match"), "\"1\"");
  auto follower = worker_->connect();
  follower.send(get(origin_, "/v"));
  EXPECT_TRUE(readers_become(origin_.url("/v"), 1));
  upstream.send("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nCache-Control: max-age=60\r\n\r\n");
  EXPECT_EQ(leader.read_message().content, "stored");
  EXPECT_EQ(follower.read_message().content, "stored");
  EXPECT_FALSE(origin_.has_caller());
}

// RFC 9111 4.3.4: a 304 for something that we do not have is no answer to a client that asked for the whole.
TEST_F(ServeConnection, A304ThatSelectsNothingStoredIsAskedAgainWithoutConditions) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/v"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send(ok("old", "Cache-Control: max-age=0\r\nETag: \"1\"\r\n"));
  EXPECT_EQ(client.read_message().content, "old");
  client.send(get(origin_, "/v"));
  EXPECT_EQ(upstream.read_message().field("If-None-Match"), "\"1\"");
  upstream.send("HTTP/1.1 304 Not Modified\r\nETag: \"2\"\r\n\r\n");
  const auto again = upstream.read_message();
  EXPECT_EQ(again.field("If-None-Match"), "") << again.head;
  upstream.send(ok("new", "Cache-Control: max-age=60\r\nETag: \"2\"\r\n"));
  const auto answer = client.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.content, "new");
}

TEST_F(ServeConnection, WhatIsInvalidatedOnItsWayIsNotStoredThoughItIsNobodyElses) {
  start();
  auto reader = worker_->connect();
  reader.send(get(origin_, "/a", "Authorization: Basic eA==\r\n"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send("HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\nContent-Length: 6\r\n\r\nold");
  EXPECT_EQ(reader.read_head().substr(9, 3), "200");
  auto writer = worker_->connect();
  writer.send(post(origin_, "/a", "Content-Length: 0\r\n"));
  auto second = origin_.accept();
  second.read_message();
  second.send(ok("done", ""));
  EXPECT_EQ(writer.read_message().content, "done");
  upstream.send("old");
  EXPECT_EQ(reader.read_exactly(6), "oldold");
  writer.send(get(origin_, "/a"));
  // On the connection that became idle last.
  EXPECT_TRUE(upstream.read_message().has("GET /a")) << "it is asked for anew";
  upstream.send(ok("new"));
  EXPECT_EQ(writer.read_message().content, "new");
}

TEST_F(ServeConnection, EveryClientGoneEndsTheForward) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/endless"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.read_head();
  client.reset();
  while (upstream.send(chunks(patterned(100'000), 10'000))) {}
  EXPECT_TRUE(eventually([&] { return shared_.fills.size() == 0; }));
  EXPECT_EQ(shared_.memory->stats().responses, 0U);
}

// ---- reuse of connections

TEST_F(ServeConnection, AStaleIdleConnectionIsReplacedWithoutAnError) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/1"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send(ok("1", ""));
  EXPECT_EQ(client.read_message().content, "1");
  client.send(get(origin_, "/2"));
  upstream.read_message();
  upstream.close();  // its keep-alive ran out just as the request came
  auto second = origin_.accept();
  second.read_message();
  second.send(ok("2"));
  EXPECT_EQ(client.read_message().content, "2");
}

TEST_F(ServeConnection, WithoutIdleConnectionsEachRequestHasItsOwn) {
  auto configuration = quick_configuration();
  configuration.upstream.idle_connections = 0;
  start(configuration);
  auto client = worker_->connect();
  for (const char* path : {"/1", "/2"}) {
    client.send(get(origin_, path));
    auto upstream = origin_.accept();
    upstream.read_message();
    upstream.send(ok(path, ""));
    EXPECT_EQ(client.read_message().content, path);
  }
}

TEST_F(ServeConnection, WhatFollowsAResponseOutOfTurnIsNotTheNextAnswer) {
  start();
  auto client = worker_->connect();
  client.send(get(origin_, "/1"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send(ok("1", "") + ok("smuggled", ""));
  EXPECT_EQ(client.read_message().content, "1");
  client.send(get(origin_, "/2"));
  auto second = origin_.accept();
  second.read_message();
  second.send(ok("2"));
  EXPECT_EQ(client.read_message().content, "2");
}

// ---- disk

TEST_F(ServeConnection, ALargeResponseGoesToDiskAndComesBackInPieces) {
  use_disk();
  start_for_small_ones();
  const auto content = patterned(3 << 20);
  auto client = worker_->connect();
  client.send(get(origin_, "/disk"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n" +
                chunks(content, 10'000) + "0\r\n\r\n");
  EXPECT_TRUE(client.read_message().content == content);
  EXPECT_TRUE(eventually([&] { return script_->commits > 0 && script_->open_writers == 0; }));
  client.send(get(origin_, "/disk"));
  const auto answer = client.read_message();
  EXPECT_TRUE(answer.content == content);
  EXPECT_NE(answer.field("Cache-Status").find("hit"), std::string::npos);
  client.send(get(origin_, "/disk", "Range: bytes=1000000-1000099\r\n"));
  const auto part = client.read_message();
  EXPECT_EQ(part.status(), 206);
  EXPECT_TRUE(part.content == content.substr(1'000'000, 100));
}

TEST_F(ServeConnection, ADiskThatFailsInTheMiddleCutsTheAnswer) {
  use_disk();
  start_for_small_ones();
  const auto content = patterned(3 << 20);
  auto client = worker_->connect();
  client.send(get(origin_, "/disk"));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send(ok(content));
  EXPECT_TRUE(client.read_message().content == content);
  EXPECT_TRUE(eventually([&] { return script_->commits > 0 && script_->open_writers == 0; }));
  script_->failing_read = 1;
  client.send(get(origin_, "/disk"));
  const auto answer = client.read_message();
  EXPECT_FALSE(answer.complete);
  EXPECT_GT(answer.content.size(), 0U);
  EXPECT_TRUE(answer.content == content.substr(0, answer.content.size()));
}

// A disk that hangs costs a client no more than cache.disk_wait.
TEST_F(ServeConnection, WhatTheDiskDoesNotDeliverInTimeIsForwarded) {
  for (const bool hangs_in_find : {true, false}) {
    script_ = std::make_shared<support::StoreScript>();
    use_disk();
    auto configuration = quick_configuration();
    configuration.cache.memory_largest = 10'000;
    configuration.cache.disk_wait = std::chrono::milliseconds(20);
    start(configuration);
    const auto content = patterned(1 << 20);
    const auto path = std::string("/") + (hangs_in_find ? "find" : "read");
    auto client = worker_->connect();
    client.send(get(origin_, path));
    auto upstream = origin_.accept();
    upstream.read_message();
    upstream.send(ok(content));
    EXPECT_TRUE(client.read_message().content == content);
    EXPECT_TRUE(eventually([&] { return shared_.disk->may_have(origin_.url(path)); }));
    std::promise<void> goes_on;
    const auto hang = [waits = goes_on.get_future().share()] { waits.wait(); };
    (hangs_in_find ? script_->before_find : script_->before_read) = hang;
    for (unsigned i = 0; i <= DiskReaders::kThreads; ++i) {
      client.send(get(origin_, path));
      upstream.read_message();
      upstream.send("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 3\r\n\r\nnew");
      const auto answer = client.read_message();
      EXPECT_EQ(answer.content, "new");
      EXPECT_NE(answer.field("Cache-Status").find("fwd=uri-miss"), std::string::npos) << answer.head;
    }
    goes_on.set_value();
    worker_.reset();
    shared_.disk.reset();
  }
}

// A reload brings one that only the disk takes.
TEST_F(ServeConnection, WhatOnlyTheDiskTookIsNotInMemoryAnyMore) {
  use_disk();
  start_for_small_ones();
  auto [client, upstream] = ask_for_a_small_one();
  const auto content = patterned(1 << 20);
  client.send(get(origin_, "/", "Cache-Control: no-cache\r\n"));
  upstream.read_message();
  upstream.send(ok(content));
  EXPECT_TRUE(client.read_message().content == content);
  EXPECT_TRUE(eventually([&] { return shared_.disk->may_have(origin_.url("/")) && script_->commits > 0; }));
  client.send(get(origin_, "/"));
  const auto answer = client.read_message();
  EXPECT_TRUE(answer.content == content);
  EXPECT_NE(answer.field("Cache-Status").find("hit"), std::string::npos) << answer.head;
}

TEST_F(ServeConnection, AnAnswerThatIsCutTakesNothingsPlace) {
  use_disk();
  start_for_small_ones();
  auto [client, upstream] = ask_for_a_small_one();
  client.send(get(origin_, "/", "Cache-Control: no-cache\r\n"));
  upstream.read_message();
  upstream.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100000\r\n\r\n" + patterned(50'000));
  upstream.close();
  EXPECT_FALSE(client.read_message().complete);
  auto again = worker_->connect();
  again.send(get(origin_, "/"));
  const auto answer = again.read_message();
  EXPECT_TRUE(answer.content == patterned(5000));
  EXPECT_NE(answer.field("Cache-Status").find("hit"), std::string::npos) << answer.head;
}

TEST_F(ServeConnection, ADiskThatStoresNothingHurtsNoClient) {
  use_disk();
  script_->failing_put = 0;
  script_->failing_append = 0;
  start_for_small_ones();
  for (const std::size_t size : {100UL, 1UL << 20}) {
    const auto content = patterned(size);
    auto client = worker_->connect();
    client.send(get(origin_, "/" + std::to_string(size)));
    std::optional<Peer> upstream(origin_.accept());
    upstream->read_message();
    upstream->send("HTTP/1.1 200 OK\r\nConnection: close\r\n" + ok(content).substr(17));
    EXPECT_TRUE(client.read_message().content == content);
  }
}

// ---- tunnels and the end

TEST_F(ServeConnection, ATunnelPassesWhatCameWithItsHead) {
  start();
  auto client = worker_->connect();
  client.send("CONNECT " + origin_.host() + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n\r\nfirst");
  auto upstream = origin_.accept();
  EXPECT_EQ(client.read_head().substr(0, 12), "HTTP/1.1 200");
  EXPECT_EQ(upstream.read_exactly(5), "first");
  upstream.send("second");
  EXPECT_EQ(client.read_exactly(6), "second");
  client.finish_sending();
  EXPECT_TRUE(upstream.is_at_end());
  upstream.send("third");
  upstream.close();
  EXPECT_EQ(client.read_to_end(), "third");
  EXPECT_TRUE(eventually([&] { return worker_->open_connections() == 0; }));
}

TEST_F(ServeConnection, ATunnelThatANewPolicyDeniesIsClosed) {
  start();
  auto client = worker_->connect();
  client.send("CONNECT " + origin_.host() + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n\r\n");
  auto upstream = origin_.accept();
  EXPECT_FALSE(client.read_head().empty());
  EXPECT_TRUE(eventually([&] { return worker_->on_worker([&] { return worker_->services().tunnels.size(); }) == 1; }));
  const auto allowing = support::policy_of("allow\n");
  EXPECT_EQ(worker_->on_worker([&] { return worker_->services().tunnels.judge_again(allowing, coarse_unix_now()); }),
            0U);
  // A rule for what begins only.
  const auto sparing = support::policy_of("deny method CONNECT keep-open\nallow\n");
  EXPECT_EQ(worker_->on_worker([&] { return worker_->services().tunnels.judge_again(sparing, coarse_unix_now()); }),
            0U);
  const auto denying = support::policy_of("deny\n");
  EXPECT_EQ(worker_->on_worker([&] { return worker_->services().tunnels.judge_again(denying, coarse_unix_now()); }),
            1U);
  EXPECT_TRUE(client.is_at_end());
  EXPECT_TRUE(upstream.is_at_end());
  EXPECT_TRUE(eventually(
      [&] { return worker_->metrics.errors[static_cast<int>(ErrorKind::http_request_denied)].value() == 1; }));
}

// The loop ends with exchanges in every state: nothing of them may touch what went before.
TEST_F(ServeConnection, AWorkerThatEndsInTheMiddleOfExchangesLeavesCleanly) {
  use_disk();
  auto configuration = quick_configuration();
  configuration.cache.memory_largest = 1000;
  start(configuration);
  auto waits = worker_->connect();
  waits.send(get(origin_, "/waits"));
  auto first = origin_.accept();
  first.read_message();
  auto follows = worker_->connect();
  follows.send(get(origin_, "/waits"));
  EXPECT_TRUE(readers_become(origin_.url("/waits"), 1));
  auto streams = worker_->connect();
  streams.send(get(origin_, "/streams"));
  auto second = origin_.accept();
  second.read_message();
  second.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100000\r\n\r\n" + patterned(50'000));
  streams.read_head();
  streams.read_exactly(50'000);
  auto uploads = worker_->connect();
  uploads.send(post(origin_, "/uploads", "Content-Length: 1000\r\n") + "begin");
  auto third = origin_.accept();
  third.read_head();
  third.read_exactly(5);
  auto tunnels = worker_->connect();
  tunnels.send("CONNECT " + origin_.host() + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n\r\n");
  auto fourth = origin_.accept();
  EXPECT_FALSE(tunnels.read_head().empty());
  auto idle = worker_->connect();
  worker_->stop();
  shared_.disk->wait_until_written();
  worker_.reset();
  EXPECT_TRUE(idle.is_at_end());
  EXPECT_EQ(script_->open_writers, 0);
}

}  // namespace
}  // namespace sluice::pipeline
