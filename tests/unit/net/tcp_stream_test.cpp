#include "gateway/net/tcp_stream.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using support::patterned;
using support::run;
using support::settle;
using support::take_arrived;

// Long enough that no test reaches it by itself; the wheel is told that it has passed.
constexpr milliseconds kLimit = 30s;
constexpr std::size_t kMoreThanTheKernelTakes = 16 << 20;

class TcpStreamTest : public testing::Test {
 protected:
  void pass(milliseconds time) { wheel_.advance(coarse_now() + time); }

  asio::io_context context_;
  TimerWheel wheel_;
  support::TcpPair pair_{context_};
  TcpStream stream_{std::move(pair_.near), wheel_, Side::client};
};

struct ReadOutcome {
  bool ended = false;
  Result<std::size_t> count{0U};
};
Task<> read(TcpStream& stream, std::span<char> into, ReadOutcome& outcome) {
  outcome.count = co_await stream.read_some(into);
  outcome.ended = true;
}
struct WriteOutcome {
  bool ended = false;
  Result<void> done;
};
Task<> send_file(TcpStream& stream, int file, std::int64_t offset, std::size_t size, WriteOutcome& outcome) {
  outcome.done = co_await stream.send_file(file, offset, size);
  outcome.ended = true;
}
// A file of memory that holds these octets.
Descriptor file_of(std::string_view octets) {
  Descriptor file(::memfd_create("octets", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.number(), octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
  return file;
}
Task<> write(TcpStream& stream, std::string_view octets, WriteOutcome& outcome) {
  outcome.done = co_await stream.write(octets);
  outcome.ended = true;
}
void spawn(asio::io_context& context, Task<> task) {
  asio::co_spawn(context, std::move(task), [](const std::exception_ptr& thrown) { EXPECT_EQ(thrown, nullptr); });
}

TEST_F(TcpStreamTest, OctetsArriveAndAreCounted) {
  char into[100];
  ReadOutcome outcome;
  pair_.far.send(asio::buffer("hello", 5));
  run(context_, read(stream_, into, outcome));
  ASSERT_TRUE(outcome.count);
  EXPECT_EQ(std::string_view(into, *outcome.count), "hello");
  EXPECT_EQ(stream_.received(), 5U);
}

TEST_F(TcpStreamTest, TheEndOfThePeersSendingIsNoError) {
  char into[10];
  ReadOutcome outcome;
  pair_.far.shutdown(Socket::shutdown_send);
  run(context_, read(stream_, into, outcome));
  ASSERT_TRUE(outcome.count);
  EXPECT_EQ(*outcome.count, 0U);
}

TEST_F(TcpStreamTest, AResetIsAnErrorOfItsSide) {
  char into[10];
  ReadOutcome outcome;
  pair_.far.set_option(asio::socket_base::linger(true, 0));
  pair_.far.close();
  run(context_, read(stream_, into, outcome));
  ASSERT_FALSE(outcome.count);
  EXPECT_EQ(outcome.count.error().kind, ErrorKind::client_gone);
  EXPECT_EQ(outcome.count.error().side, Side::client);
  EXPECT_FALSE(stream_.try_write("x"));
}

Task<> rest(TcpStream& stream, SteadyTime until, WriteOutcome& outcome) {
  outcome.done = co_await stream.rest_until(until);
  outcome.ended = true;
}

TEST_F(TcpStreamTest, RestingEndsWhenTheTimeHasCome) {
  WriteOutcome outcome;
  stream_.limit_writing(1s);
  spawn(context_, rest(stream_, coarse_now() + kLimit, outcome));
  settle(context_);
  pair_.far.send(asio::buffer("hello", 5));  // wakes whoever waits for the socket
  pass(kLimit - 1s);
  settle(context_);
  EXPECT_FALSE(outcome.ended);
  pass(kLimit + 1s);
  settle(context_);
  ASSERT_TRUE(outcome.ended);
  EXPECT_TRUE(outcome.done);
  EXPECT_TRUE(stream_.try_write("x"));
}

TEST_F(TcpStreamTest, RestingEndsWhenThePeerResets) {
  WriteOutcome outcome;
  pair_.far.set_option(asio::socket_base::linger(true, 0));
  pair_.far.close();
  run(context_, rest(stream_, coarse_now() + kLimit, outcome));
  ASSERT_FALSE(outcome.done);
  EXPECT_EQ(outcome.done.error().kind, ErrorKind::client_gone);
  EXPECT_TRUE(stream_.has_hung_up());
}

TEST_F(TcpStreamTest, RestingEndsWhenTheContextIsInterrupted) {
  WriteOutcome outcome;
  spawn(context_, rest(stream_, coarse_now() + kLimit, outcome));
  settle(context_);
  Reactor::of(context_).interrupt();
  settle(context_);
  ASSERT_TRUE(outcome.ended);
  ASSERT_FALSE(outcome.done);
  EXPECT_EQ(outcome.done.error().kind, ErrorKind::shutting_down);
}

TEST_F(TcpStreamTest, AReadThatTakesTooLongFailsWithItsKind) {
  char into[10];
  ReadOutcome outcome;
  stream_.limit_reading(kLimit, ErrorKind::request_timeout);
  spawn(context_, read(stream_, into, outcome));
  settle(context_);
  pass(kLimit - 1s);
  settle(context_);
  EXPECT_FALSE(outcome.ended);
  pass(kLimit + 1s);
  settle(context_);
  ASSERT_TRUE(outcome.ended);
  EXPECT_EQ(outcome.count.error().kind, ErrorKind::request_timeout);
  // It stays so until the limit is set anew.
  run(context_, read(stream_, into, outcome));
  EXPECT_EQ(outcome.count.error().kind, ErrorKind::request_timeout);
  stream_.limit_reading(kLimit, ErrorKind::idle_timeout);
  pair_.far.send(asio::buffer("x", 1));
  run(context_, read(stream_, into, outcome));
  EXPECT_TRUE(outcome.count);
}

TEST_F(TcpStreamTest, AFileIsSentBehindWhatWasLeft) {
  const auto octets = patterned(kMoreThanTheKernelTakes);
  const auto file = file_of(octets);
  std::string left = "head";
  stream_.write_later(left);
  WriteOutcome outcome;
  spawn(context_, send_file(stream_, file.number(), 1000, octets.size() - 2000, outcome));
  const auto wanted = "head" + octets.substr(1000, octets.size() - 2000);
  EXPECT_TRUE(run(context_, support::read_octets(pair_.far, wanted.size())) == wanted);
  settle(context_);
  EXPECT_TRUE(outcome.ended && outcome.done);
  EXPECT_EQ(stream_.sent(), wanted.size());
}

TEST_F(TcpStreamTest, SendingAFileThatThePeerDoesNotTakeExpires) {
  const auto octets = patterned(kMoreThanTheKernelTakes);
  const auto file = file_of(octets);
  stream_.limit_writing(kLimit);
  WriteOutcome outcome;
  spawn(context_, send_file(stream_, file.number(), 0, octets.size(), outcome));
  settle(context_);
  EXPECT_FALSE(outcome.ended);
  pass(kLimit + 1s);
  settle(context_);
  ASSERT_TRUE(outcome.ended);
  EXPECT_EQ(outcome.done.error().kind, ErrorKind::connection_write_timeout);
  EXPECT_LT(stream_.sent(), octets.size());
}

TEST_F(TcpStreamTest, AFileThatIsShorterThanSaidIsAFault) {
  const auto file = file_of("12345");
  WriteOutcome outcome;
  run(context_, send_file(stream_, file.number(), 0, 6, outcome));
  ASSERT_FALSE(outcome.done);
  EXPECT_EQ(outcome.done.error().kind, ErrorKind::proxy_internal_error);
}

// Expiry cancels the operations of both directions on the socket; the other one must not notice.
TEST_F(TcpStreamTest, ReadingExpiresWhileWritingGoesOn) {
  char into[10];
  ReadOutcome reading;
  WriteOutcome writing;
  const auto octets = patterned(kMoreThanTheKernelTakes);
  stream_.limit_reading(kLimit, ErrorKind::request_timeout);
  spawn(context_, read(stream_, into, reading));
  spawn(context_, write(stream_, octets, writing));
  settle(context_);
  pass(kLimit + 1s);
  settle(context_);
  EXPECT_TRUE(reading.ended);
  EXPECT_FALSE(writing.ended);
  const auto arrived = run(context_, support::read_octets(pair_.far, octets.size()));
  EXPECT_TRUE(arrived == octets);
  settle(context_);
  EXPECT_TRUE(writing.ended);
  EXPECT_TRUE(writing.done);
  EXPECT_EQ(stream_.sent(), octets.size());
}

TEST_F(TcpStreamTest, WritingExpiresWhileReadingGoesOn) {
  char into[10];
  ReadOutcome reading;
  WriteOutcome writing;
  const auto octets = patterned(kMoreThanTheKernelTakes);
  stream_.limit_writing(kLimit);
  spawn(context_, read(stream_, into, reading));
  spawn(context_, write(stream_, octets, writing));
  settle(context_);
  pass(kLimit + 1s);
  settle(context_);
  EXPECT_TRUE(writing.ended);
  EXPECT_EQ(writing.done.error().kind, ErrorKind::connection_write_timeout);
  EXPECT_FALSE(reading.ended);
  pair_.far.send(asio::buffer("x", 1));
  settle(context_);
  EXPECT_TRUE(reading.ended);
  EXPECT_TRUE(reading.count);
}

TEST_F(TcpStreamTest, APeerThatTakesOctetsSlowlyIsNotTooSlow) {
  WriteOutcome writing;
  const auto octets = patterned(kMoreThanTheKernelTakes);
  stream_.limit_writing(kLimit);
  spawn(context_, write(stream_, octets, writing));
  std::string arrived;
  for (int i = 0; i < 200 && !writing.ended; ++i) {
    settle(context_);
    pass(kLimit / 2);
    arrived += take_arrived(pair_.far);
  }
  arrived += run(context_, support::read_octets(pair_.far, octets.size() - arrived.size()));
  settle(context_);
  EXPECT_TRUE(writing.ended);
  EXPECT_TRUE(writing.done);
  EXPECT_TRUE(arrived == octets);
}

TEST_F(TcpStreamTest, PiecesLeaveInOrder) {
  std::string first = patterned(3 << 20, 1);
  std::string second;
  std::string third = patterned(5 << 20, 2);
  iovec pieces[] = {{first.data(), first.size()}, {second.data(), 0}, {third.data(), third.size()}};
  bool ended = false;
  struct Writes {
    static Task<> all(TcpStream& stream, std::span<iovec> what, bool& done) {
      const auto written = co_await stream.write(what);
      EXPECT_TRUE(written.has_value());
      done = true;
    }
  };
  spawn(context_, Writes::all(stream_, pieces, ended));
  const auto arrived = run(context_, support::read_octets(pair_.far, first.size() + third.size()));
  settle(context_);
  EXPECT_TRUE(ended);
  EXPECT_TRUE(arrived == first + third);
}

TEST_F(TcpStreamTest, CancelledEverythingFailsFromThenOn) {
  char into[10];
  ReadOutcome reading;
  WriteOutcome writing;
  spawn(context_, read(stream_, into, reading));
  settle(context_);
  stream_.cancel();
  settle(context_);
  EXPECT_TRUE(reading.ended);
  EXPECT_EQ(reading.count.error().kind, ErrorKind::shutting_down);
  run(context_, write(stream_, "x", writing));
  EXPECT_EQ(writing.done.error().kind, ErrorKind::shutting_down);
  EXPECT_EQ(stream_.try_write("x").error().kind, ErrorKind::shutting_down);
}

TEST_F(TcpStreamTest, FailedReadingLeavesWritingAlone) {
  char into[10];
  ReadOutcome reading;
  WriteOutcome writing;
  spawn(context_, read(stream_, into, reading));
  settle(context_);
  stream_.fail_reading(ErrorKind::http_request_error);
  settle(context_);
  EXPECT_EQ(reading.count.error().kind, ErrorKind::http_request_error);
  run(context_, write(stream_, "x", writing));
  EXPECT_TRUE(writing.done);
}

TEST_F(TcpStreamTest, ItIsQuietUntilSomethingArrivesOrThePeerCloses) {
  EXPECT_TRUE(stream_.is_quiet());
  pair_.far.send(asio::buffer("x", 1));
  settle(context_);
  EXPECT_FALSE(stream_.is_quiet());
  char octet = 0;
  EXPECT_TRUE(stream_.try_read({&octet, 1}));
  EXPECT_TRUE(stream_.is_quiet());
  EXPECT_FALSE(stream_.try_read({&octet, 1}));
  pair_.far.close();
  settle(context_);
  EXPECT_FALSE(stream_.is_quiet());
}

TEST_F(TcpStreamTest, ResetThePeerSeesThatItWasCut) {
  stream_.reset();
  char octet = 0;
  boost::system::error_code failed;
  pair_.far.read_some(asio::buffer(&octet, 1), failed);
  EXPECT_EQ(failed, asio::error::connection_reset);
  EXPECT_FALSE(stream_.is_open());
}

}  // namespace
}  // namespace sluice::net
