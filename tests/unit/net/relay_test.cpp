#include "gateway/net/relay.hpp"

#include <csignal>
#include <optional>

#include <gtest/gtest.h>

#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using support::patterned;
using support::read_octets;
using support::read_to_end;
using support::run;
using support::settle;
using support::take_arrived;
using support::write_octets;

constexpr std::size_t kBulk = 64 << 20;

void spawn(asio::io_context& context, Task<> task) {
  asio::co_spawn(context, std::move(task), [](const std::exception_ptr& thrown) { EXPECT_EQ(thrown, nullptr); });
}

class RelayTest : public testing::Test {
 protected:
  RelayTest() { ::signal(SIGPIPE, SIG_IGN); }  // as the daemon does: splice(2) has no MSG_NOSIGNAL

  struct Outcome {
    bool ended = false;
    std::optional<Error> error;
  };
  static Task<> relay_to_the_end(RelayTest* test) {
    test->outcome_.error =
        co_await relay(test->context_, test->client_stream_, test->upstream_stream_, test->pipes_, test->options_);
    test->outcome_.ended = true;
  }
  void start() {
    spawn(context_, relay_to_the_end(this));
    settle(context_);
  }
  static Task<> send_and_finish(Socket& socket, std::string_view octets) {
    co_await write_octets(socket, octets);
    boost::system::error_code closed_meanwhile;
    socket.shutdown(Socket::shutdown_send, closed_meanwhile);
  }
  static Task<> wait_for_end(RelayTest* test) {
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> timer(
        test->context_);
    for (int i = 0; i < 4000 && !test->outcome_.ended; ++i) {
      timer.expires_after(5ms);
      co_await timer.async_wait(use_task);
    }
  }

  asio::io_context context_;
  TimerWheel wheel_;
  PipePool pipes_;
  RelayOptions options_;
  support::TcpPair client_pair_{context_};
  support::TcpPair upstream_pair_{context_};
  TcpStream client_stream_{std::move(client_pair_.near), wheel_, Side::client};
  TcpStream upstream_stream_{std::move(upstream_pair_.near), wheel_, Side::upstream};
  Socket& client_ = client_pair_.far;
  Socket& upstream_ = upstream_pair_.far;
  Outcome outcome_;
};

TEST_F(RelayTest, OctetsPassBothWaysAndAreCounted) {
  start();
  client_.send(asio::buffer("question", 8));
  upstream_.send(asio::buffer("the answer", 10));
  EXPECT_EQ(run(context_, read_octets(upstream_, 8)), "question");
  EXPECT_EQ(run(context_, read_octets(client_, 10)), "the answer");
  client_.close();
  upstream_.close();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  EXPECT_FALSE(outcome_.error);
  EXPECT_EQ(client_stream_.received(), 8U);
  EXPECT_EQ(client_stream_.sent(), 10U);
  EXPECT_EQ(upstream_stream_.received(), 10U);
  EXPECT_EQ(upstream_stream_.sent(), 8U);
}

Task<Result<void>> send_on_marked(TcpStream& client, TcpStream& upstream) {
  char octets[16];
  const auto count = co_await client.read_some(octets);
  if (!count) { co_return std::unexpected(count.error()); }
  const auto marked = "opened:" + std::string(octets, *count);
  co_return co_await upstream.write(marked);
}

// What the client sends first goes through whoever judges it; the other direction does not wait for that.
TEST_F(RelayTest, TheFirstOctetsUpwardAreOpenedAndDownwardDoesNotWait) {
  options_.open_upward = [&] { return send_on_marked(client_stream_, upstream_stream_); };
  start();
  upstream_.send(asio::buffer("banner", 6));
  EXPECT_EQ(run(context_, read_octets(client_, 6)), "banner");
  client_.send(asio::buffer("first", 5));
  EXPECT_EQ(run(context_, read_octets(upstream_, 12)), "opened:first");
  client_.send(asio::buffer("second", 6));
  EXPECT_EQ(run(context_, read_octets(upstream_, 6)), "second");
  client_.close();
  upstream_.close();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  EXPECT_FALSE(outcome_.error);
}

Task<Result<void>> refuse() {
  co_return fail(ErrorKind::http_request_denied, Side::gateway, "judging");
}

TEST_F(RelayTest, WhatIsNotOpenedEndsBothDirections) {
  options_.open_upward = [] { return refuse(); };
  start();
  client_.send(asio::buffer("first", 5));
  run(context_, wait_for_end(this));
  ASSERT_TRUE(outcome_.error);
  EXPECT_EQ(outcome_.error->kind, ErrorKind::http_request_denied);
  EXPECT_EQ(upstream_stream_.sent(), 0U);
}

TEST_F(RelayTest, ASideThatFinishedSendingStillReceives) {
  start();
  client_.send(asio::buffer("q", 1));
  client_.shutdown(Socket::shutdown_send);
  EXPECT_EQ(run(context_, read_to_end(upstream_)), "q");
  EXPECT_FALSE(outcome_.ended);
  const auto answer = patterned(1 << 20);
  spawn(context_, send_and_finish(upstream_, answer));
  EXPECT_TRUE(run(context_, read_to_end(client_)) == answer);
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  EXPECT_FALSE(outcome_.error);
}

TEST_F(RelayTest, BulkPassesUnchangedThroughTheKernel) {
  const auto octets = patterned(kBulk);
  start();
  spawn(context_, send_and_finish(upstream_, octets));
  EXPECT_TRUE(run(context_, read_to_end(client_)) == octets);
  client_.close();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  EXPECT_FALSE(outcome_.error);
  EXPECT_EQ(client_stream_.sent(), kBulk);
}

TEST_F(RelayTest, BulkPassesBothWaysAtOnce) {
  const auto up = patterned(kBulk / 4, 1);
  const auto down = patterned(kBulk / 4, 2);
  start();
  std::optional<std::string> arrived_up;
  spawn(context_, send_and_finish(client_, up));
  spawn(context_, send_and_finish(upstream_, down));
  spawn(context_, support::keep_result(read_to_end(upstream_), arrived_up));
  EXPECT_TRUE(run(context_, read_to_end(client_)) == down);
  run(context_, wait_for_end(this));
  while (!arrived_up && context_.run_one() > 0) {}  // the relay may have ended ahead of who reads behind it
  EXPECT_TRUE(arrived_up == up);
  EXPECT_FALSE(outcome_.error);
}

TEST_F(RelayTest, ASlowReaderHoldsTheSenderBackAndGetsEverything) {
  const auto octets = patterned(kBulk / 4);
  start();
  spawn(context_, send_and_finish(upstream_, octets));
  settle(context_);
  EXPECT_LT(client_stream_.sent(), octets.size());
  std::string arrived;
  while (arrived.size() < octets.size()) {
    const auto piece = run(context_, read_octets(client_, 40'000));
    if (piece.empty()) { break; }
    arrived += piece;
  }
  EXPECT_TRUE(arrived == octets);
}

// A reader that takes a little at a time, all the time, is not idle, though its sender waits behind a full pipe.
TEST_F(RelayTest, ASlowReaderIsNotIdle) {
  options_.idle = 1s;  // so much that a busy machine does not reach it by itself
  const support::Ticker ticker(context_, wheel_);
  const int small = 16 * 1024;
  ::setsockopt(client_stream_.descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  client_.set_option(asio::socket_base::receive_buffer_size(small));
  const auto octets = patterned(kBulk / 8);
  start();
  spawn(context_, send_and_finish(upstream_, octets));
  settle(context_);
  // The other direction is silent: it is the one whose idle limit is looked at.
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> timer(
      context_);
  std::string arrived;
  struct Slow {
    static Task<> read(Socket& socket, decltype(timer)& clock, std::string& into) {
      for (int i = 0; i < 75; ++i) {
        clock.expires_after(20ms);
        co_await clock.async_wait(use_task);
        into += co_await read_octets(socket, 20'000);
      }
    }
  };
  run(context_, Slow::read(client_, timer, arrived));
  ASSERT_FALSE(outcome_.ended);
  arrived += run(context_, read_octets(client_, octets.size() - arrived.size()));
  EXPECT_TRUE(arrived == octets);
}

TEST_F(RelayTest, NothingMovingForTheIdleLimitEndsIt) {
  options_.idle = 100ms;
  const support::Ticker ticker(context_, wheel_);
  start();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  ASSERT_TRUE(outcome_.error);
  EXPECT_EQ(outcome_.error->kind, ErrorKind::idle_timeout);
}

TEST_F(RelayTest, OneSilentDirectionIsNotIdleWhileTheOtherMoves) {
  options_.idle = 200ms;
  const support::Ticker ticker(context_, wheel_);
  start();
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> timer(
      context_);
  struct Talks {
    static Task<> on(Socket& from, Socket& to, decltype(timer)& clock) {
      for (int i = 0; i < 30; ++i) {
        co_await write_octets(from, "x");
        const auto arrived = co_await read_octets(to, 1);
        EXPECT_EQ(arrived, "x");
        clock.expires_after(20ms);
        co_await clock.async_wait(use_task);
      }
    }
  };
  run(context_, Talks::on(upstream_, client_, timer));
  EXPECT_FALSE(outcome_.ended);
}

// The wheel stands still at first: whoever rests goes on resting.
TEST_F(RelayTest, WithARateItRestsAndGoesOn) {
  options_.rate = 4000;
  const auto octets = patterned(1 << 20);
  start();
  spawn(context_, send_and_finish(upstream_, octets));
  settle(context_);
  auto arrived = take_arrived(client_);
  EXPECT_GE(arrived.size(), 4000U);
  EXPECT_LT(arrived.size(), octets.size() / 2);
  const support::Ticker ticker(context_, wheel_);
  arrived += run(context_, read_octets(client_, 500));
  EXPECT_TRUE(octets.starts_with(arrived));
  upstream_.close();
  client_.close();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
}

TEST_F(RelayTest, BulkWithARateRestsTooAndGoesOn) {
  options_.rate = 1'000'000;
  const auto octets = patterned(kBulk / 4);
  start();
  spawn(context_, send_and_finish(upstream_, octets));
  settle(context_);
  auto arrived = take_arrived(client_);
  EXPECT_GT(arrived.size(), 10U * 32 * 1024) << "it was spliced";
  EXPECT_LT(arrived.size(), octets.size() / 2);
  const support::Ticker ticker(context_, wheel_);
  arrived += run(context_, read_octets(client_, 200'000));
  EXPECT_TRUE(octets.starts_with(arrived));
  upstream_.close();
  client_.close();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
}

TEST_F(RelayTest, EachDirectionHasTheRateForItself) {
  options_.rate = 4000;
  const auto octets = patterned(100'000);
  start();
  spawn(context_, send_and_finish(upstream_, octets));
  settle(context_);
  client_.send(asio::buffer("q", 1));
  settle(context_);
  EXPECT_EQ(take_arrived(upstream_), "q");
}

TEST_F(RelayTest, RestingIsNotIdle) {
  options_.rate = 2;
  options_.idle = 250ms;  // an octet takes twice as long
  const support::Ticker ticker(context_, wheel_);
  start();
  upstream_.send(asio::buffer("abc", 3));
  EXPECT_EQ(run(context_, read_octets(client_, 3)), "abc");
}

TEST_F(RelayTest, WhileItRestsAResetEndsIt) {
  options_.rate = 1;
  options_.idle = 1h;
  start();
  upstream_.send(asio::buffer("abc", 3));
  EXPECT_EQ(run(context_, read_octets(client_, 1)), "a");
  client_.set_option(asio::socket_base::linger(true, 0));
  client_.close();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  EXPECT_TRUE(outcome_.error);
}

TEST_F(RelayTest, WhileItRestsItCanBeCancelled) {
  options_.rate = 1;
  start();
  upstream_.send(asio::buffer("abc", 3));
  EXPECT_EQ(run(context_, read_octets(client_, 1)), "a");
  client_stream_.cancel();
  upstream_stream_.cancel();
  run(context_, wait_for_end(this));
  ASSERT_TRUE(outcome_.error);
  EXPECT_EQ(outcome_.error->kind, ErrorKind::shutting_down);
}

TEST_F(RelayTest, AResetOnOneSideEndsBoth) {
  start();
  upstream_.set_option(asio::socket_base::linger(true, 0));
  upstream_.close();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  ASSERT_TRUE(outcome_.error);
  EXPECT_EQ(outcome_.error->kind, ErrorKind::connection_terminated);
}

TEST_F(RelayTest, AReaderThatGoesAwayInTheMiddleOfBulkEndsIt) {
  const auto octets = patterned(kBulk / 2);
  start();
  spawn(context_, send_and_finish(upstream_, octets));
  EXPECT_EQ(run(context_, read_octets(client_, 8 << 20)).size(), 8U << 20);
  client_.set_option(asio::socket_base::linger(true, 0));
  client_.close();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  EXPECT_TRUE(outcome_.error);
  // A pipe with something left in it must not serve another tunnel.
  auto pipe = pipes_.take();
  char octet = 0;
  EXPECT_LT(::read(pipe.read, &octet, 1), 0);
}

TEST_F(RelayTest, APeerThatTakesNothingEndsIt) {
  options_.write = 100ms;
  const support::Ticker ticker(context_, wheel_);
  start();
  const auto octets = patterned(kBulk / 2);
  spawn(context_, send_and_finish(upstream_, octets));
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  ASSERT_TRUE(outcome_.error);
  EXPECT_EQ(outcome_.error->kind, ErrorKind::connection_write_timeout);
  upstream_.close();
  settle(context_);
}

TEST_F(RelayTest, CancelledFromOutsideItEnds) {
  start();
  client_stream_.cancel();
  upstream_stream_.cancel();
  run(context_, wait_for_end(this));
  EXPECT_TRUE(outcome_.ended);
  ASSERT_TRUE(outcome_.error);
  EXPECT_EQ(outcome_.error->kind, ErrorKind::shutting_down);
}

TEST_F(RelayTest, DestroyedWithItsContextItLeavesNothing) {
  start();
  client_.send(asio::buffer("x", 1));
  // The frames go with the context, streams and wheel afterwards.
}

TEST(PipePool, APipeIsUsedAgain) {
  PipePool pool;
  auto pipe = pool.take();
  ASSERT_TRUE(pipe.is_open());
  const int read_end = pipe.read;
  pool.put(std::move(pipe));
  EXPECT_EQ(pool.take().read, read_end);
}

}  // namespace
}  // namespace sluice::net
