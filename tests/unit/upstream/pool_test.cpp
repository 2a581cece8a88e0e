#include "gateway/upstream/pool.hpp"

#include <gtest/gtest.h>

#include "gateway/upstream/connector.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::upstream {
namespace {

using namespace std::chrono_literals;

class PoolTest : public testing::Test {
 protected:
  struct Pair {
    ConnectionPtr connection;
    net::Socket far;
  };
  Pair connect() {
    support::TcpPair pair(context_);
    const auto address = *policy::Address::parse("127.0.0.1");
    auto connection = std::make_unique<Connection>(std::move(pair.near), wheel_, metrics_, address, std::uint16_t{80});
    connection->pool_name = "a:80";
    return {std::move(connection), std::move(pair.far)};
  }

  asio::io_context context_;
  TimerWheel wheel_;
  record::WorkerMetrics metrics_;
  PoolOptions options_;
  Pool pool_{metrics_};
};

TEST_F(PoolTest, TheMostRecentlyUsedConnectionIsTakenFirst) {
  auto first = connect();
  auto second = connect();
  const auto* older = first.connection.get();
  const auto* newer = second.connection.get();
  pool_.put(std::move(first.connection), options_);
  pool_.put(std::move(second.connection), options_);
  EXPECT_EQ(pool_.take("b:80"), nullptr);
  const auto taken = pool_.take("a:80");
  EXPECT_EQ(taken.get(), newer);
  EXPECT_TRUE(taken->reused);
  EXPECT_EQ(pool_.take("a:80").get(), older);
  EXPECT_EQ(pool_.take("a:80"), nullptr);
  EXPECT_EQ(metrics_.upstream_reused.value(), 2U);
}

TEST_F(PoolTest, WhatThePeerClosedOrSpokeOnIsThrownAway) {
  auto quiet = connect();
  auto closed = connect();
  auto spoken = connect();
  const auto* expected = quiet.connection.get();
  pool_.put(std::move(quiet.connection), options_);
  pool_.put(std::move(closed.connection), options_);
  pool_.put(std::move(spoken.connection), options_);
  closed.far.close();
  spoken.far.send(asio::buffer("HTTP/1.1 408 ", 13));
  support::settle(context_);
  EXPECT_EQ(pool_.take("a:80").get(), expected);
  EXPECT_EQ(metrics_.upstream_open.value(), 0U);
}

TEST_F(PoolTest, TheLeastRecentlyUsedMakesRoom) {
  options_.idle_per_origin = 2;
  std::vector<Pair> pairs;
  for (int i = 0; i < 3; ++i) {
    pairs.push_back(connect());
    pool_.put(std::move(pairs.back().connection), options_);
  }
  EXPECT_EQ(metrics_.upstream_open.value(), 2U);
}

TEST_F(PoolTest, WithALimitOfNothingNothingIsKept) {
  options_.idle_per_origin = 0;
  auto pair = connect();
  pool_.put(std::move(pair.connection), options_);
  EXPECT_EQ(metrics_.upstream_open.value(), 0U);
  EXPECT_EQ(pool_.take("a:80"), nullptr);
}

TEST_F(PoolTest, AnIdleConnectionIsClosedWhenItsTimeIsOver) {
  auto first = connect();
  auto second = connect();
  pool_.put(std::move(first.connection), options_);
  options_.keep_alive = 60s;
  pool_.put(std::move(second.connection), options_);
  wheel_.advance(coarse_now() + 31s);
  EXPECT_EQ(metrics_.upstream_open.value(), 1U);
  wheel_.advance(coarse_now() + 61s);
  EXPECT_EQ(metrics_.upstream_open.value(), 0U);
  EXPECT_EQ(pool_.take("a:80"), nullptr);
}

TEST_F(PoolTest, ALimitOnReadingDoesNotFollowAConnectionIntoThePool) {
  auto pair = connect();
  pair.connection->stream.limit_reading(1s, ErrorKind::connection_read_timeout);
  pool_.put(std::move(pair.connection), options_);
  wheel_.advance(coarse_now() + 2s);
  const auto taken = pool_.take("a:80");
  ASSERT_NE(taken, nullptr);
  pair.far.send(asio::buffer("x", 1));
  char octet = 0;
  EXPECT_TRUE(support::run(context_, taken->stream.read_some({&octet, 1})));
}

TEST_F(PoolTest, ClearedItHoldsNothing) {
  auto pair = connect();
  pool_.put(std::move(pair.connection), options_);
  pool_.clear();
  EXPECT_EQ(metrics_.upstream_open.value(), 0U);
}

class ConnectorTest : public testing::Test {
 protected:
  Result<ConnectionPtr> connect(const std::string& host, std::uint16_t port, const Connector::Judge& judge) {
    return support::run(context_, connector_.connect(host, port, judge, {}));
  }

  asio::io_context context_;
  TimerWheel wheel_;
  record::WorkerMetrics metrics_;
  Resolver resolver_{context_, {}, metrics_};
  Connector connector_{context_, wheel_, resolver_, metrics_};
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor_{
      context_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
};

TEST_F(ConnectorTest, ALiteralAddressIsJudgedToo) {
  std::vector<std::string> judged;
  const auto denied = connect("127.0.0.1", acceptor_.local_endpoint().port(), [&](const policy::Address& address) {
    judged.push_back(address.text());
    return false;
  });
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::destination_ip_prohibited);
  EXPECT_EQ(judged, std::vector<std::string>{"127.0.0.1"});
}

TEST_F(ConnectorTest, OnlyAllowedAddressesAreConnected) {
  const auto port = acceptor_.local_endpoint().port();
  const auto connected = connect("localhost", port, [](const policy::Address& address) { return address.is_ipv4(); });
  ASSERT_TRUE(connected);
  EXPECT_EQ((*connected)->address.text(), "127.0.0.1");
  EXPECT_EQ((*connected)->text, "127.0.0.1:" + std::to_string(port));
  EXPECT_FALSE((*connected)->reused);
  EXPECT_EQ(metrics_.upstream_open.value(), 1U);
}

TEST_F(ConnectorTest, AClosedPortIsRefused) {
  const auto port = acceptor_.local_endpoint().port();
  acceptor_.close();
  const auto refused = connect("127.0.0.1", port, [](const policy::Address&) { return true; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::connection_refused);
}

}  // namespace
}  // namespace sluice::upstream
