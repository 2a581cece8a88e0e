#include "gateway/pipeline/authenticate.hpp"

#include <csignal>

#include <gtest/gtest.h>

#include "tests/support/base64.hpp"
#include "tests/support/failing_store.hpp"
#include "tests/support/htpasswd.hpp"
#include "tests/support/pipeline_worker.hpp"

namespace sluice::pipeline {
namespace {

using support::eventually;
using support::ManualOrigin;
using support::Peer;
using support::PipelineWorker;
using support::quick_configuration;

constexpr std::string_view kChallenge = R"(Basic realm="a \"quoted\" realm", charset="UTF-8")";

std::string as(std::string_view user, std::string_view password) {
  return "Proxy-Authorization: Basic " + support::base64(std::string(user) + ":" + std::string(password)) + "\r\n";
}
std::string as_alice() {
  return as("alice", "open sesame");
}

class Authenticate : public testing::Test {
 protected:
  Authenticate() { ::signal(SIGPIPE, SIG_IGN); }

  void start(std::string_view policy, bool has_accounts = true) {
    shared_.policy.swap_in(support::policy_of(policy));
    if (has_accounts) { use_accounts(std::string(support::kAlice) + std::string(support::kDave)); }
    auto configuration = quick_configuration();
    configuration.auth.realm = "a \"quoted\" realm";
    worker_ = std::make_unique<PipelineWorker>(shared_, std::move(configuration));
  }
  void TearDown() override {
    if (worker_ != nullptr) { worker_->stop(); }
    shared_.verifier.finish();
  }

  identity::Users use_accounts(std::string_view users) {
    return shared_.verifier.use(
        std::make_shared<const identity::Accounts>(identity::parse_htpasswd(users, "users")->accounts), {});
  }
  std::size_t signed_out(const identity::Users& users) {
    return worker_->on_worker([&] {
      auto& services = worker_->services();
      return services.tunnels.sign_out(users, services.policy.current(), coarse_unix_now());
    });
  }
  Peer tunnel_of_alice() {
    auto client = worker_->connect();
    client.send(connect(as_alice()));
    EXPECT_EQ(client.read_head().substr(0, 12), "HTTP/1.1 200");
    return client;
  }

  std::string get(std::string_view path, std::string_view fields = "") {
    return "GET " + origin_.url(path) + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n" + std::string(fields) + "\r\n";
  }
  std::string connect(std::string_view fields = "") {
    return "CONNECT " + origin_.host() + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n" + std::string(fields) + "\r\n";
  }
  // Sends it, plays the origin, and gives what the client got.
  support::SeenMessage forwarded(Peer& client, const std::string& request) {
    client.send(request);
    auto upstream = origin_.accept();
    origin_saw_ = upstream.read_message();
    upstream.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    return client.read_message();
  }
  support::SeenMessage answered(Peer& client, const std::string& request) {
    client.send(request);
    return client.read_message();
  }

  support::SharedParts shared_;
  ManualOrigin origin_;
  std::unique_ptr<PipelineWorker> worker_;
  support::SeenMessage origin_saw_;
};

TEST_F(Authenticate, AClientIsAskedAndServedOnTheSameConnection) {
  start("allow user alice\ndeny\n");
  auto client = worker_->connect();
  for (const auto& wrong : {std::string(), as("alice", "wrong"), as("nobody", "open sesame"),
                            std::string("Proxy-Authorization: Basic !\r\n"),
                            std::string("Proxy-Authorization: Negotiate YII=\r\n"), as_alice() + as_alice()}) {
    const auto refused = answered(client, get("/a", wrong));
    EXPECT_EQ(refused.status(), 407) << refused.head;
    EXPECT_EQ(refused.field("Proxy-Authenticate"), kChallenge);
    EXPECT_EQ(refused.field("Connection"), "keep-alive");
    EXPECT_EQ(refused.field("Cache-Control"), "no-store");
    EXPECT_NE(refused.field("Proxy-Status").find("error=http_request_denied"), std::string::npos) << refused.head;
    EXPECT_NE(refused.content.find("Sign in"), std::string::npos);
  }
  EXPECT_FALSE(origin_.has_caller());
  EXPECT_EQ(forwarded(client, get("/a", as_alice())).content, "ok");
  EXPECT_FALSE(origin_saw_.has("Proxy-Authorization")) << origin_saw_.head;
  EXPECT_EQ(answered(client, get("/a", as_alice())).content, "ok") << "from the store";
  EXPECT_EQ(answered(client, get("/a")).status(), 407) << "what is stored is for users as well";
}

TEST_F(Authenticate, AKnownUserWhomARuleDeniesIsForbidden) {
  start("deny not user dave id d reason \"daves only\"\nallow\n");
  auto client = worker_->connect();
  EXPECT_EQ(answered(client, get("/a")).status(), 407);
  const auto denied = answered(client, get("/a", as_alice()));
  EXPECT_EQ(denied.status(), 403);
  EXPECT_EQ(denied.field("Proxy-Authenticate"), "");
  EXPECT_NE(denied.content.find("daves only"), std::string::npos);
  EXPECT_EQ(forwarded(client, get("/a", as("dave", "sesame"))).content, "ok");
}

TEST_F(Authenticate, NobodyIsAskedForWhatIsDecidedWithoutAName) {
  start("allow host 127.0.0.1 path /open\ndeny path /closed\nallow group staff\ndeny\ngroup staff alice\n");
  auto client = worker_->connect();
  EXPECT_EQ(forwarded(client, get("/open")).content, "ok");
  EXPECT_EQ(answered(client, get("/closed")).status(), 403);
  EXPECT_EQ(answered(client, get("/staff")).status(), 407);
  EXPECT_EQ(answered(client, get("/open", as("alice", "wrong"))).content, "ok")
      << "a wrong password costs nothing here";
  EXPECT_EQ(forwarded(client, get("/staff", as_alice())).content, "ok");
  EXPECT_EQ(answered(client, get("/staff", as("dave", "sesame"))).status(), 403);
}

TEST_F(Authenticate, ConnectIsAskedAndTunnelledOnTheSameConnection) {
  start("allow user alice\ndeny\n");
  auto client = worker_->connect();
  const auto refused = answered(client, connect());
  EXPECT_EQ(refused.status(), 407);
  EXPECT_EQ(refused.field("Proxy-Authenticate"), kChallenge);
  EXPECT_EQ(refused.field("Connection"), "keep-alive");
  EXPECT_EQ(answered(client, connect(as("alice", "wrong"))).status(), 407);
  client.send(connect(as_alice()));
  auto upstream = origin_.accept();
  EXPECT_EQ(client.read_head().substr(0, 12), "HTTP/1.1 200");
  client.send("through");
  EXPECT_EQ(upstream.read_exactly(7), "through");
}

TEST_F(Authenticate, ContentThatWasNotReadClosesTheConnectionBehindTheQuestion) {
  start("allow user alice\ndeny\n");
  auto client = worker_->connect();
  client.send("POST " + origin_.url("/a") + " HTTP/1.1\r\nHost: " + origin_.host() +
              "\r\nContent-Length: 100000\r\n\r\n");
  const auto refused = client.read_message();
  EXPECT_EQ(refused.status(), 407);
  EXPECT_EQ(refused.field("Connection"), "close");
}

TEST_F(Authenticate, SettingsOfAUserApplyAndAskNobody) {
  start("set request field X-Who \"alice\" user alice\nallow\n");
  auto client = worker_->connect();
  EXPECT_EQ(forwarded(client, get("/a")).content, "ok");
  EXPECT_EQ(origin_saw_.field("X-Who"), "");
  EXPECT_EQ(forwarded(client, get("/b", as_alice())).content, "ok");
  EXPECT_EQ(origin_saw_.field("X-Who"), "alice");
}

TEST_F(Authenticate, ARuleInShadowAsksNobody) {
  start("deny not user alice shadow\nallow\n");
  auto client = worker_->connect();
  EXPECT_EQ(forwarded(client, get("/a")).content, "ok");
}

TEST_F(Authenticate, WithoutUsersEverybodyIsNobody) {
  start("deny path /bob user bob\ndeny path /alice not user alice\nallow\n", false);
  auto client = worker_->connect();
  EXPECT_EQ(forwarded(client, get("/bob", as("bob", "x"))).content, "ok");
  EXPECT_EQ(answered(client, get("/alice", as_alice())).status(), 403);
  EXPECT_EQ(answered(client, get("/alice")).status(), 403);
}

TEST_F(Authenticate, ManyClientsWaitForOneVerificationEach) {
  start("allow user alice\ndeny\n");
  std::vector<Peer> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(worker_->connect());
    clients.back().send(get("/a", as("alice", i % 2 == 0 ? "wrong" : "other")));
  }
  for (auto& client : clients) { EXPECT_EQ(client.read_message().status(), 407); }
}

// A tunnel that was opened without a name is closed when a later policy would ask for one.
TEST_F(Authenticate, ATunnelOfAnUnknownUserIsClosedByAPolicyThatAsks) {
  start("allow\n");
  auto unknown = worker_->connect();
  unknown.send(connect());
  auto first = origin_.accept();
  unknown.read_head();
  const auto judge = [&](std::string_view text) {
    const auto policy = support::policy_of(text);
    return worker_->on_worker(
        [&, policy] { return worker_->services().tunnels.judge_again(policy, coarse_unix_now()); });
  };
  EXPECT_TRUE(eventually([&] { return worker_->on_worker([&] { return worker_->services().tunnels.size(); }) == 1; }));
  EXPECT_EQ(judge("allow host 127.0.0.1\nallow user alice\ndeny\n"), 0u);
  EXPECT_EQ(judge("allow user alice\ndeny\n"), 1u);
  EXPECT_TRUE(unknown.is_at_end());
}

TEST_F(Authenticate, ATunnelOfAKnownUserIsJudgedByTheName) {
  start("allow user alice\ndeny\n");
  auto client = worker_->connect();
  client.send(connect(as_alice()));
  auto upstream = origin_.accept();
  client.read_head();
  const auto judge = [&](std::string_view text) {
    const auto policy = support::policy_of(text);
    return worker_->on_worker(
        [&, policy] { return worker_->services().tunnels.judge_again(policy, coarse_unix_now()); });
  };
  EXPECT_TRUE(eventually([&] { return worker_->on_worker([&] { return worker_->services().tunnels.size(); }) == 1; }));
  EXPECT_EQ(judge("allow user alice, dave\ndeny\n"), 0u);
  EXPECT_EQ(judge("allow user dave\ndeny\n"), 1u);
}

TEST_F(Authenticate, TunnelsOfWhoIsSignedOutAreClosedWhereTheVerdictHangsOnIt) {
  start("allow user alice\ndeny\n");
  auto client = tunnel_of_alice();
  auto upstream = origin_.accept();
  client.send("up");
  EXPECT_EQ(upstream.read_exactly(2), "up");
  EXPECT_EQ(signed_out({"dave"}), 0U);
  EXPECT_EQ(signed_out({"alice", "dave"}), 1U);
  EXPECT_TRUE(client.is_at_end());
}

TEST_F(Authenticate, TunnelsThatNeededNoUserOutliveHim) {
  start("allow method CONNECT\nallow user alice\ndeny\n");
  auto client = tunnel_of_alice();
  auto upstream = origin_.accept();
  client.send("up");
  EXPECT_EQ(upstream.read_exactly(2), "up");
  EXPECT_EQ(signed_out({"alice"}), 0U);
  upstream.send("down");
  EXPECT_EQ(client.read_exactly(4), "down");
}

// A long exchange is judged with each piece of its content.
TEST_F(Authenticate, ADownloadOfWhoIsSignedOutEndsWhereTheVerdictHangsOnIt) {
  start("allow path /open\nallow user alice\ndeny\n");
  for (const std::string_view path : {"/open", "/closed"}) {
    auto client = worker_->connect();
    client.send(get(path, as_alice()));
    auto upstream = origin_.accept();
    upstream.read_message();
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\none.");
    client.read_head();
    EXPECT_EQ(client.read_exactly(4), "one.");
    EXPECT_TRUE(use_accounts(support::kDave).contains("alice"));
    upstream.send("two.");
    EXPECT_EQ(client.read_to_end(), path == "/open" ? "two." : "");
    use_accounts(std::string(support::kAlice) + std::string(support::kDave));
  }
}

TEST_F(Authenticate, AnUploadOfWhoIsSignedOutEnds) {
  start("allow user alice\ndeny\n");
  auto client = worker_->connect();
  client.send("POST " + origin_.url("/a") + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n" + as_alice() +
              "Content-Length: 8\r\n\r\none.");
  auto upstream = origin_.accept();
  upstream.read_head();
  EXPECT_EQ(upstream.read_exactly(4), "one.");
  use_accounts(support::kDave);
  client.send("two.");
  EXPECT_EQ(upstream.read_to_end(), "");
  EXPECT_EQ(client.read_message().status(), 403);
}

TEST_F(Authenticate, WhoStaysIsNotCutWhenOthersAreSignedOut) {
  start("allow user alice\ndeny\n");
  auto client = worker_->connect();
  client.send(get("/a", as_alice()));
  auto upstream = origin_.accept();
  upstream.read_message();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\none.");
  client.read_head();
  EXPECT_EQ(client.read_exactly(4), "one.");
  EXPECT_TRUE(use_accounts(std::string(support::kAlice) + "\n").contains("dave"));
  upstream.send("two.");
  EXPECT_EQ(client.read_exactly(4), "two.");
}

// The tunnel waits for its hello, and is not among the open ones yet.
TEST_F(Authenticate, WhoIsSignedOutWhileTheTunnelOpensIsFound) {
  for (const bool is_gone : {false, true}) {
    start("deny sni .denied.example\nallow user alice\ndeny\n");
    auto client = tunnel_of_alice();
    auto upstream = origin_.accept();
    const auto signed_out = use_accounts(is_gone ? support::kDave : std::string(support::kAlice).append("\n"));
    EXPECT_EQ(signed_out.contains("alice"), is_gone);
    client.send("SSH-2.0-x\r\n");
    if (is_gone) {
      EXPECT_TRUE(client.is_at_end());
    } else {
      EXPECT_EQ(upstream.read_exactly(11), "SSH-2.0-x\r\n");
      upstream.send("down");
      EXPECT_EQ(client.read_exactly(4), "down");
    }
    worker_->stop();
  }
}

}  // namespace
}  // namespace sluice::pipeline
