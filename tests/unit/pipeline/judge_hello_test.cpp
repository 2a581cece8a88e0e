#include "gateway/pipeline/judge_hello.hpp"

#include <csignal>

#include <gtest/gtest.h>

#include "gateway/tls/alert.hpp"
#include "tests/support/client_hello.hpp"
#include "tests/support/failing_store.hpp"
#include "tests/support/pipeline_worker.hpp"

namespace sluice::pipeline {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using support::hello_with;
using support::ManualOrigin;
using support::Peer;
using support::PipelineWorker;
using support::quick_configuration;
using support::server_name_extension;
using tls::Alert;
using tls::fatal_alert;

std::string hello_for(std::string_view name) {
  return hello_with(server_name_extension(name));
}

class JudgeHello : public testing::Test {
 protected:
  JudgeHello() { ::signal(SIGPIPE, SIG_IGN); }

  void start(std::string_view policy, milliseconds hello = 1h, milliseconds head = 1h) {
    shared_.policy.swap_in(support::policy_of(policy));
    auto configuration = quick_configuration();
    configuration.timeouts.hello = hello;
    configuration.timeouts.head = head;
    worker_ = std::make_unique<PipelineWorker>(shared_, std::move(configuration));
  }
  // A client with its 200, and what it sent with the CONNECT.
  Peer connected(std::string_view first = "", std::string_view host = "") {
    auto client = worker_->connect();
    const std::string authority =
        host.empty() ? origin_.host() : std::string(host) + ":" + std::to_string(origin_.port());
    client.send("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n" + std::string(first));
    EXPECT_EQ(client.read_head().substr(0, 12), "HTTP/1.1 200");
    return client;
  }
  std::uint64_t errors(ErrorKind kind) { return worker_->metrics.errors[static_cast<std::size_t>(kind)].value(); }
  // The tunnel ended so; the origin got nothing.
  void expect_ended(Peer& upstream, ErrorKind kind) {
    EXPECT_TRUE(upstream.is_at_end());
    EXPECT_TRUE(eventually([&] { return errors(kind) == 1; }));
  }
  void expect_relayed(Peer& client, Peer& upstream) {
    upstream.send("down");
    EXPECT_EQ(client.read_exactly(4), "down");
    client.send("up");
    EXPECT_EQ(upstream.read_exactly(2), "up");
  }
  // So many tunnels relay; those that wait for a hello do not yet.
  void expect_open(std::size_t tunnels) {
    const auto open = [&] { return worker_->on_worker([&] { return worker_->services().tunnels.size(); }); };
    EXPECT_TRUE(eventually([&] { return open() == tunnels; }));
  }
  std::size_t judged_again(std::string_view policy) {
    return worker_->on_worker(
        [&] { return worker_->services().tunnels.judge_again(support::policy_of(policy), coarse_unix_now()); });
  }

  support::SharedParts shared_;
  ManualOrigin origin_;
  std::unique_ptr<PipelineWorker> worker_;
};

TEST_F(JudgeHello, ADeniedNameIsToldByAnAlertAndNothingGoesUpstream) {
  start("deny sni .denied.example\nallow\n");
  auto client = connected();
  auto upstream = origin_.accept();
  client.send(hello_for("www.denied.example"));
  EXPECT_EQ(client.read_to_end(), fatal_alert(Alert::unrecognized_name));
  client.close();
  expect_ended(upstream, ErrorKind::http_request_denied);
}

TEST_F(JudgeHello, AnAllowedNameGoesOnUntouchedHoweverItCame) {
  start("deny sni .denied.example\nallow\n");
  const auto hello = hello_for("www.allowed.example") + "early data";
  for (const std::size_t piece : {1UL, 7UL, hello.size()}) {
    auto client = connected();
    auto upstream = origin_.accept();
    for (std::size_t at = 0; at < hello.size(); at += piece) { client.send(std::string_view(hello).substr(at, piece)); }
    EXPECT_EQ(upstream.read_exactly(hello.size()), hello);
    expect_relayed(client, upstream);
  }
  auto client = connected(hello);
  auto upstream = origin_.accept();
  EXPECT_EQ(upstream.read_exactly(hello.size()), hello);
  expect_relayed(client, upstream);
}

TEST_F(JudgeHello, WhatIsNoTlsGoesOnAtOnceWhereNoRuleWantsTls) {
  start("deny sni .denied.example\nallow\n");
  auto client = connected("SSH-2.0-x\r\n");
  auto upstream = origin_.accept();
  EXPECT_EQ(upstream.read_exactly(11), "SSH-2.0-x\r\n");
  expect_relayed(client, upstream);
}

TEST_F(JudgeHello, WhatIsNoTlsIsClosedWithoutAWordWhereOneDoes) {
  start("allow sni .allowed.example\ndeny\n");
  auto client = connected("SSH-2.0-x\r\n");
  auto upstream = origin_.accept();
  EXPECT_TRUE(client.is_at_end());
  client.close();
  expect_ended(upstream, ErrorKind::http_request_denied);
}

TEST_F(JudgeHello, AHelloWithoutANameIsToldThatAccessIsDenied) {
  start("deny not sni .allowed.example\nallow\n");
  auto client = connected(hello_with(""));
  auto upstream = origin_.accept();
  EXPECT_EQ(client.read_to_end(), fatal_alert(Alert::access_denied));
  client.close();
  expect_ended(upstream, ErrorKind::http_request_denied);
}

TEST_F(JudgeHello, NamesThatContradictEachOtherAreDenied) {
  start("deny inconsistent\nallow\n");
  auto honest = connected(hello_for("localhost"), "localhost");
  auto first = origin_.accept();
  EXPECT_EQ(first.read_exactly(5).size(), 5U);
  auto nameless = connected(hello_with(""), "localhost");
  auto second = origin_.accept();
  EXPECT_EQ(second.read_exactly(5).size(), 5U);
  auto address = connected();  // claims no name: not even waited for
  auto third = origin_.accept();
  third.send("banner");
  EXPECT_EQ(address.read_exactly(6), "banner");
  auto fronting = connected(hello_for("other.example"), "localhost");
  auto fourth = origin_.accept();
  EXPECT_EQ(fronting.read_to_end(), fatal_alert(Alert::unrecognized_name));
  fronting.close();
  expect_ended(fourth, ErrorKind::http_request_denied);
}

TEST_F(JudgeHello, AHelloThatCannotBeReadEndsTheTunnel) {
  start("deny sni .denied.example\nallow\n");
  auto client = connected(hello_for("192.0.2.7"));
  auto upstream = origin_.accept();
  EXPECT_EQ(client.read_to_end(), fatal_alert(Alert::decode_error));
  client.close();
  expect_ended(upstream, ErrorKind::tls_protocol_error);
}

TEST_F(JudgeHello, AHelloThatIsNeverWholeEndsAtTheLimitForHeads) {
  start("deny sni .denied.example\nallow\n", 1h, 50ms);
  auto client = connected(hello_for("www.denied.example").substr(0, 40));
  auto upstream = origin_.accept();
  EXPECT_TRUE(client.is_at_end());
  client.close();
  expect_ended(upstream, ErrorKind::request_timeout);
}

TEST_F(JudgeHello, AClientThatLeavesInTheMiddleOfItsHelloHasGone) {
  start("deny sni .denied.example\nallow\n");
  auto client = connected(hello_for("www.denied.example").substr(0, 40));
  auto upstream = origin_.accept();
  client.close();
  expect_ended(upstream, ErrorKind::client_gone);
}

TEST_F(JudgeHello, NothingIsWaitedForWhereNoRuleDependsOnTheHello) {
  for (const auto* policy :
       {"allow\n", "deny sni .denied.example from 192.0.2.0/24\nallow\n", "allow port 1-65535\ndeny ech\nallow\n"}) {
    start(policy);
    auto client = connected();
    auto upstream = origin_.accept();
    upstream.send("banner");
    EXPECT_EQ(client.read_exactly(6), "banner") << policy;
    worker_.reset();
  }
}

TEST_F(JudgeHello, ASilentClientHearsTheServerAndIsJudgedByItsFirstOctets) {
  start("deny sni .denied.example\nallow\n", 10ms);
  auto mail = connected();
  auto first = origin_.accept();
  expect_open(1);
  first.send("220 ready\r\n");
  EXPECT_EQ(mail.read_exactly(11), "220 ready\r\n");
  mail.send("EHLO x\r\n");
  EXPECT_EQ(first.read_exactly(8), "EHLO x\r\n");
  expect_relayed(mail, first);

  auto late = connected();
  auto second = origin_.accept();
  expect_open(2);
  second.send("banner");
  EXPECT_EQ(late.read_exactly(6), "banner");
  late.send(hello_for("www.allowed.example"));
  EXPECT_EQ(second.read_exactly(5), hello_for("www.allowed.example").substr(0, 5));
  EXPECT_EQ(judged_again("deny sni www.allowed.example\nallow\n"), 1U);

  auto evading = connected();
  auto third = origin_.accept();
  expect_open(2);
  third.send("banner");
  EXPECT_EQ(evading.read_exactly(6), "banner");
  evading.send(hello_for("www.denied.example"));
  EXPECT_TRUE(evading.is_at_end());
  EXPECT_TRUE(third.is_at_end());
  EXPECT_TRUE(eventually([&] { return errors(ErrorKind::http_request_denied) == 2; }));
}

// The limit on silence is an hour: what ends the wait is the server.
TEST_F(JudgeHello, AServerThatSpeaksFirstIsHeardAtOnceAndTheClientIsJudgedAllTheSame) {
  start("deny sni .denied.example\nallow\n");
  auto mail = connected();
  auto first = origin_.accept();
  first.send("220 ready\r\n");
  EXPECT_EQ(mail.read_exactly(11), "220 ready\r\n");
  mail.send("EHLO x\r\n");
  EXPECT_EQ(first.read_exactly(8), "EHLO x\r\n");
  expect_relayed(mail, first);

  const auto hello = hello_for("www.allowed.example");
  auto late = connected();
  auto second = origin_.accept();
  second.send("banner");
  EXPECT_EQ(late.read_exactly(6), "banner");
  late.send(hello);
  EXPECT_EQ(second.read_exactly(hello.size()), hello);
  EXPECT_EQ(judged_again("deny sni www.allowed.example\nallow\n"), 1U) << "its hello is known";

  auto evading = connected();
  auto third = origin_.accept();
  third.send("x");
  EXPECT_EQ(evading.read_exactly(1), "x");
  const auto denied = hello_for("www.denied.example");
  evading.send(denied.substr(0, 3));
  evading.send(denied.substr(3));
  EXPECT_TRUE(evading.is_at_end());
  EXPECT_TRUE(third.is_at_end());
  EXPECT_TRUE(eventually([&] { return errors(ErrorKind::http_request_denied) == 2; }));
}

TEST_F(JudgeHello, AServerThatSpeaksFirstSpeaksToNoClientOfTls) {
  start("allow sni .allowed.example\ndeny\n");
  auto client = connected();
  auto upstream = origin_.accept();
  upstream.send("banner");
  EXPECT_EQ(client.read_to_end(), "");
  client.close();
  EXPECT_TRUE(upstream.is_at_end());
}

TEST_F(JudgeHello, AServerThatFinishesWithoutAWordIsNotWaitedFor) {
  start("deny sni .denied.example\nallow\n");
  auto client = connected();
  auto upstream = origin_.accept();
  upstream.close();
  EXPECT_TRUE(client.is_at_end());
}

TEST_F(JudgeHello, AHelloThatHasBegunIsReadToItsEndWhateverTheServerSays) {
  start("deny sni .denied.example\nallow\n");
  const auto hello = hello_for("www.denied.example");
  auto client = connected(hello.substr(0, 2));
  auto upstream = origin_.accept();
  upstream.send("banner");
  client.send(hello.substr(2));
  EXPECT_EQ(client.read_to_end(), fatal_alert(Alert::unrecognized_name)) << "nothing of the server's";
}

TEST_F(JudgeHello, ASilentClientIsDeniedWhereTlsIsAskedFor) {
  start("allow sni .allowed.example\ndeny\n", 10ms);
  auto client = connected();
  auto upstream = origin_.accept();
  EXPECT_TRUE(client.is_at_end());
  client.close();
  EXPECT_TRUE(upstream.is_at_end());
}

TEST_F(JudgeHello, AClientThatFinishesWithoutAWordIsNoClientOfTls) {
  start("deny sni .denied.example\nallow\n");
  auto client = connected();
  auto upstream = origin_.accept();
  client.finish_sending();
  EXPECT_TRUE(upstream.is_at_end());
  upstream.send("answer");
  upstream.close();
  EXPECT_EQ(client.read_to_end(), "answer");
}

TEST_F(JudgeHello, OpenTunnelsAreJudgedAgainByTheHelloThatWasRead) {
  start("deny sni .denied.example\nallow\n");
  auto client = connected(hello_for("www.allowed.example"));
  auto upstream = origin_.accept();
  EXPECT_EQ(upstream.read_exactly(5).size(), 5U);
  expect_open(1);
  EXPECT_EQ(judged_again("deny sni .other.example\nallow\n"), 0U);
  EXPECT_EQ(judged_again("deny sni .allowed.example\nallow\n"), 1U);
  EXPECT_TRUE(eventually([&] { return errors(ErrorKind::http_request_denied) == 1; }));
}

TEST_F(JudgeHello, ATunnelWhoseHelloNobodyAskedForStaysOpen) {
  start("allow\n");
  const auto hello = hello_for("www.denied.example");
  auto client = connected(hello);
  auto upstream = origin_.accept();
  EXPECT_EQ(upstream.read_exactly(hello.size()), hello);
  EXPECT_EQ(judged_again("deny sni .denied.example\nallow\n"), 0U);
  expect_relayed(client, upstream);
}

TEST_F(JudgeHello, APolicyThatCameWhileTheHelloDidJudgesToo) {
  start("deny sni .denied.example\nallow\n");
  auto client = connected();
  auto upstream = origin_.accept();
  shared_.policy.swap_in(support::policy_of("deny sni .allowed.example\nallow\n"));
  client.send(hello_for("www.allowed.example"));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(eventually([&] { return errors(ErrorKind::http_request_denied) == 1; }));
}

TEST_F(JudgeHello, RulesInShadowAreJudgedAndKeepNobodyFromAnything) {
  start("deny sni .denied.example shadow id tried\nallow\n", 10ms, 50ms);
  for (const auto& first : {hello_for("www.denied.example"), hello_for("192.0.2.7"), std::string("\x16\x03\x01"),
                            std::string("SSH-2.0-x\r\n"), std::string()}) {
    auto client = connected(first);
    auto upstream = origin_.accept();
    EXPECT_EQ(upstream.read_exactly(first.size()), first);
    expect_relayed(client, upstream);
  }
  EXPECT_EQ(errors(ErrorKind::http_request_denied), 0U);
}

TEST_F(JudgeHello, AFailureToConnectStillHasItsStatus) {
  start("deny sni .denied.example\nallow\n");
  const auto port = [] { return std::to_string(ManualOrigin().port()); }();
  auto client = worker_->connect();
  client.send("CONNECT 127.0.0.1:" + port + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n");
  EXPECT_EQ(client.read_head().substr(0, 12), "HTTP/1.1 502");
}

}  // namespace
}  // namespace sluice::pipeline
