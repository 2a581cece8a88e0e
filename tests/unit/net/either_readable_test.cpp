#include <gtest/gtest.h>

#include "gateway/net/tcp_stream.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using support::settle;

class EitherReadable : public testing::Test {
 protected:
  static Task<> wait(EitherReadable* test) {
    co_await test->stream_.until_either_readable(test->other_);
    test->is_over_ = true;
  }
  static Task<> read_more(EitherReadable* test) {
    co_await test->stream_.until_readable();
    test->is_over_ = true;
  }
  void start() {
    asio::co_spawn(context_, wait(this), [](const std::exception_ptr& thrown) { EXPECT_EQ(thrown, nullptr); });
    settle(context_);
  }
  std::string read(TcpStream& stream) {
    char piece[16];
    const auto count = stream.try_read(piece);
    if (!count || !*count) { return count ? "failed" : "nothing"; }
    return {piece, **count};
  }

  asio::io_context context_;
  TimerWheel wheel_;
  support::TcpPair near_{context_};
  support::TcpPair far_{context_};
  TcpStream stream_{std::move(near_.near), wheel_, Side::client};
  TcpStream other_{std::move(far_.near), wheel_, Side::upstream};
  bool is_over_ = false;
};

TEST_F(EitherReadable, WhatComesOnTheOneEndsIt) {
  start();
  EXPECT_FALSE(is_over_);
  near_.far.send(asio::buffer("hello", 5));
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "hello");
  EXPECT_EQ(read(other_), "nothing");
}

TEST_F(EitherReadable, WhatComesOnTheOtherEndsItAndStaysThere) {
  start();
  far_.far.send(asio::buffer("banner", 6));
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "nothing");
  EXPECT_EQ(read(other_), "banner");
}

TEST_F(EitherReadable, WhatWasThereIsNotWaitedFor) {
  far_.far.send(asio::buffer("banner", 6));
  settle(context_);
  start();
  EXPECT_TRUE(is_over_);
}

TEST_F(EitherReadable, TheEndOfTheOtherIsSomethingToo) {
  start();
  far_.far.close();
  settle(context_);
  EXPECT_TRUE(is_over_);
}

TEST_F(EitherReadable, BothAtOnceIsNoMatter) {
  start();
  near_.far.send(asio::buffer("hello", 5));
  far_.far.send(asio::buffer("banner", 6));
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "hello");
  EXPECT_EQ(read(other_), "banner");
}

TEST_F(EitherReadable, WhatComesOnTheOtherAfterwardsWakesNobody) {
  start();
  near_.far.send(asio::buffer("hello", 5));
  settle(context_);
  EXPECT_EQ(read(stream_), "hello");
  is_over_ = false;
  asio::co_spawn(context_, read_more(this), [](const std::exception_ptr& thrown) { EXPECT_EQ(thrown, nullptr); });
  settle(context_);
  far_.far.send(asio::buffer("banner", 6));
  settle(context_);
  EXPECT_FALSE(is_over_);
  near_.far.send(asio::buffer("more", 4));
  settle(context_);
  EXPECT_TRUE(is_over_);
}

TEST_F(EitherReadable, EndsWithTheTimeForReading) {
  stream_.limit_reading(30s, ErrorKind::idle_timeout);
  start();
  wheel_.advance(coarse_now() + 31s);
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "failed");
}

TEST_F(EitherReadable, EndsWhenEverythingIsInterrupted) {
  start();
  Reactor::of(context_).interrupt();
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "failed");
}

}  // namespace
}  // namespace sluice::net
