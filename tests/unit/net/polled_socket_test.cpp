#include "gateway/net/polled_socket.hpp"

#include <memory>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <sys/ioctl.h>

#include "gateway/net/tcp_stream.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using support::patterned;
using support::run;
using support::settle;
using support::take_arrived;

constexpr std::size_t kPiece = 16 * 1024;

void spawn(asio::io_context& context, Task<> task) {
  asio::co_spawn(context, std::move(task), [](const std::exception_ptr& thrown) { EXPECT_EQ(thrown, nullptr); });
}

// Streams out of one context, and their far ends.
struct Connection {
  explicit Connection(asio::io_context& context, TimerWheel& wheel)
      : pair(context), stream(std::make_unique<TcpStream>(std::move(pair.near), wheel, Side::client)) {}
  support::TcpPair pair;
  std::unique_ptr<TcpStream> stream;
};

class PolledSocketTest : public testing::Test {
 protected:
  void leave(std::string octets) { connection_.stream->write_later(octets); }
  std::string arrived() { return take_arrived(connection_.pair.far); }

  asio::io_context context_;
  TimerWheel wheel_;
  Connection connection_{context_, wheel_};
};

TEST_F(PolledSocketTest, WhatIsLeftLeavesAtTheEndOfTheTurn) {
  leave("one ");
  leave("two");
  EXPECT_EQ(connection_.stream->sent(), 7U);
  EXPECT_EQ(arrived(), "");
  settle(context_);
  EXPECT_EQ(arrived(), "one two");
}

TEST_F(PolledSocketTest, WhatIsLeftGoesAheadOfWhatIsWritten) {
  leave("first ");
  EXPECT_TRUE(run(context_, connection_.stream->write("second")));
  EXPECT_EQ(arrived(), "first second");
}

// Of all that are ready in one turn the octets are received ahead of the first that goes on.
TEST_F(PolledSocketTest, AReaderGetsWhatWasReceivedForItAhead) {
  Connection other{context_, wheel_};
  std::string first, second;
  int left = -1;  // in the other's socket, when the first goes on
  const auto read = [&left](TcpStream& stream, TcpStream& neighbour, std::string& into) -> Task<> {
    char octets[16];
    while (into.size() < 10) {
      const auto count = co_await stream.read_some(octets);
      if (!count || *count == 0) { break; }
      if (left < 0) { ::ioctl(neighbour.descriptor(), FIONREAD, &left); }
      into.append(octets, *count);
    }
  };
  spawn(context_, read(*connection_.stream, *other.stream, first));
  spawn(context_, read(*other.stream, *connection_.stream, second));
  settle(context_);
  asio::write(connection_.pair.far, asio::buffer(std::string_view("0123456789")));
  asio::write(other.pair.far, asio::buffer(std::string_view("abcdefghij")));
  settle(context_);
  EXPECT_EQ(first, "0123456789");
  EXPECT_EQ(second, "abcdefghij");
  EXPECT_EQ(left, 0);
}

// The buffer that was waited with need not be the one that is read into.
TEST_F(PolledSocketTest, WhatWasReceivedAheadIsReadIntoAnyBuffer) {
  std::string got;
  const auto read = [](TcpStream& stream, std::string& into) -> Task<> {
    char waited_with[8];
    co_await stream.until_readable(waited_with);
    for (char piece[3];;) {
      const auto count = stream.try_read(piece);
      if (!count || !*count || **count == 0) { break; }
      into.append(piece, **count);
    }
    char rest[64];
    const auto count = stream.try_read(rest);
    if (count && *count) { into.append(rest, **count); }
  };
  spawn(context_, read(*connection_.stream, got));
  settle(context_);
  asio::write(connection_.pair.far, asio::buffer(std::string_view("what came with the first packet and more")));
  settle(context_);
  EXPECT_EQ(got, "what came with the first packet and more");
}

TEST_F(PolledSocketTest, ClosingSendsWhatIsLeft) {
  leave("last words");
  connection_.stream->close();
  EXPECT_EQ(arrived(), "last words");
}

TEST_F(PolledSocketTest, AResetDropsWhatIsLeft) {
  leave("never sent");
  connection_.stream->reset();
  EXPECT_EQ(arrived(), "");
}

TEST_F(PolledSocketTest, APeerThatDoesNotReadIsLeftNothingMore) {
  std::string all;
  while (connection_.stream->may_write_later(kPiece)) {
    const auto piece = patterned(kPiece, static_cast<std::uint32_t>(all.size() + 1));
    all += piece;
    leave(piece);
    settle(context_);
  }
  struct Drain {
    static Task<> run(TcpStream* stream, bool* drained) {
      const auto done = co_await stream->drain();
      EXPECT_TRUE(done);
      *drained = true;
    }
  };
  bool drained = false;
  spawn(context_, Drain::run(connection_.stream.get(), &drained));
  settle(context_);
  EXPECT_FALSE(drained);
  std::string received;
  while (received.size() < all.size()) {
    received += arrived();
    settle(context_);
  }
  EXPECT_TRUE(received == all);
  EXPECT_TRUE(drained);
  EXPECT_TRUE(connection_.stream->may_write_later(kPiece));
}

TEST_F(PolledSocketTest, OctetsForAPeerThatHasGoneAreAnErrorLater) {
  connection_.pair.far.set_option(asio::socket_base::linger(true, 0));
  connection_.pair.far.close();
  leave("x");
  settle(context_);
  EXPECT_FALSE(connection_.stream->may_write_later(1));
  EXPECT_FALSE(run(context_, connection_.stream->drain()));
  EXPECT_FALSE(run(context_, connection_.stream->write("y")));
}

TEST_F(PolledSocketTest, AContextThatEndsLetsGoOfWhoeverWaits) {
  struct Owner {
    static Task<> read(std::unique_ptr<TcpStream> stream, std::shared_ptr<int> witness) {
      char octet = 0;
      co_await stream->read_some({&octet, 1});
      *witness = 1;
    }
  };
  auto witness = std::make_shared<int>(0);
  auto context = std::make_unique<asio::io_context>();
  {
    Connection other(*context, wheel_);
    spawn(*context, Owner::read(std::move(other.stream), witness));
    settle(*context);
    EXPECT_EQ(witness.use_count(), 2);
  }
  context.reset();
  EXPECT_EQ(witness.use_count(), 1);
  EXPECT_EQ(*witness, 0);
}

TEST_F(PolledSocketTest, ASocketMayGoInTheTurnInWhichItIsReady) {
  Connection other(context_, wheel_);
  int resumed = 0;
  struct Rival {
    static Task<> read(TcpStream* own, std::unique_ptr<TcpStream>* others, int* resumed) {
      char octet = 0;
      const auto count = co_await own->read_some({&octet, 1});
      *resumed += count ? 1 : 0;
      others->reset();
    }
    static Task<> wait(TcpStream* own, int* resumed) {
      // Woken when the stream is gone; it is not touched any more.
      co_await own->until_readable();
      *resumed += 10;
    }
  };
  spawn(context_, Rival::read(connection_.stream.get(), &other.stream, &resumed));
  spawn(context_, Rival::wait(other.stream.get(), &resumed));
  settle(context_);
  connection_.pair.far.send(asio::buffer("x", 1));
  other.pair.far.send(asio::buffer("x", 1));
  settle(context_);
  EXPECT_EQ(other.stream, nullptr);
  EXPECT_EQ(resumed, 11);
}

TEST_F(PolledSocketTest, AFastPeerLeavesOthersTheirTurn) {
  const auto octets = patterned(64);
  connection_.pair.far.send(asio::buffer(octets));
  settle(context_);
  struct Greedy {
    static Task<> read(TcpStream* stream, std::size_t* received) {
      char octet = 0;
      while (*received < 64) {
        const auto count = co_await stream->read_some({&octet, 1});
        EXPECT_TRUE(count);
        ++*received;
      }
    }
  };
  std::size_t received = 0;
  std::size_t seen_by_another = 0;
  spawn(context_, Greedy::read(connection_.stream.get(), &received));
  asio::post(context_, [&] { seen_by_another = received; });
  settle(context_);
  EXPECT_EQ(received, 64U);
  EXPECT_LT(seen_by_another, 64U);
}

}  // namespace
}  // namespace sluice::net
