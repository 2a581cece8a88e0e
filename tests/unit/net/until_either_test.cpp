#include "gateway/net/until_either.hpp"

#include <gtest/gtest.h>

#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using support::settle;

class UntilEither : public testing::Test {
 protected:
  static Task<> wait(UntilEither* test) {
    co_await until_either_readable(test->context_, test->stream_, test->other_);
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

TEST_F(UntilEither, WhatComesOnTheOneEndsIt) {
  start();
  EXPECT_FALSE(is_over_);
  near_.far.send(asio::buffer("hello", 5));
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "hello");
  EXPECT_EQ(read(other_), "nothing");
}

TEST_F(UntilEither, WhatComesOnTheOtherEndsItAndStaysThere) {
  start();
  far_.far.send(asio::buffer("banner", 6));
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "nothing");
  EXPECT_EQ(read(other_), "banner");
}

TEST_F(UntilEither, WhatWasThereIsNotWaitedFor) {
  far_.far.send(asio::buffer("banner", 6));
  settle(context_);
  start();
  EXPECT_TRUE(is_over_);
}

TEST_F(UntilEither, TheEndOfTheOtherIsSomethingToo) {
  start();
  far_.far.close();
  settle(context_);
  EXPECT_TRUE(is_over_);
}

TEST_F(UntilEither, BothAtOnceIsNoMatter) {
  start();
  near_.far.send(asio::buffer("hello", 5));
  far_.far.send(asio::buffer("banner", 6));
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "hello");
  EXPECT_EQ(read(other_), "banner");
}

TEST_F(UntilEither, EndsWithTheTimeForReading) {
  stream_.limit_reading(30s, ErrorKind::idle_timeout);
  start();
  wheel_.advance(coarse_now() + 31s);
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "failed");
}

TEST_F(UntilEither, EndsWhenEverythingIsInterrupted) {
  start();
  Reactor::of(context_).interrupt();
  settle(context_);
  EXPECT_TRUE(is_over_);
  EXPECT_EQ(read(stream_), "failed");
}

}  // namespace
}  // namespace sluice::net
