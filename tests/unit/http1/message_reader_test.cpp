#include "gateway/http1/message_reader.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::http1 {
namespace {

using namespace std::chrono_literals;
using support::patterned;
using support::run;
using support::settle;

constexpr HeadPatience kPatience{60s, ErrorKind::idle_timeout, 10s, ErrorKind::request_timeout};
constexpr ContentPace kPace{10s, 1024, ErrorKind::request_timeout};

class MessageReaderTest : public testing::Test {
 protected:
  void send(std::string_view octets) { asio::write(pair_.far, asio::buffer(octets)); }
  void finish() { pair_.far.shutdown(net::Socket::shutdown_send); }

  Result<std::string> head() {
    const auto got = run(context_, reader_.read_head(limits_, kPatience));
    if (!got) { return std::unexpected(got.error()); }
    return std::string(*got);
  }
  static Task<Result<std::string>> all_content(MessageReader& reader) {
    std::string content;
    for (;;) {
      const auto piece = co_await reader.next();
      if (!piece) { co_return std::unexpected(piece.error()); }
      if (piece->empty()) { co_return content; }
      content += *piece;
    }
  }
  Result<std::string> content(http::Framing framing, std::uint64_t length = 0) {
    reader_.begin_content(framing, length, {}, kPace);
    return run(context_, all_content(reader_));
  }

  asio::io_context context_;
  TimerWheel wheel_;
  http::HeadLimits limits_;
  support::TcpPair pair_{context_};
  net::TcpStream stream_{std::move(pair_.near), wheel_, Side::client};
  MessageReader reader_{stream_, Side::client, 64};
};

const std::string kHead = "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n";

TEST_F(MessageReaderTest, ACloseAheadOfTheFirstOctetIsAnEmptyHead) {
  finish();
  EXPECT_EQ(head().value(), "");
}

// A TLS or SOCKS client is told at once, and not when the limit on the head has run out.
TEST_F(MessageReaderTest, WhatCannotBeginARequestIsRefusedAtItsFirstOctet) {
  for (const std::string_view octets : {"\x16\x03\x01\x02", "\x05\x01", "\x04", " ", "\xff"}) {
    MessageReader reader(stream_, Side::client, 64);
    send(octets);
    const auto head = run(context_, reader.read_head(limits_, kPatience));
    ASSERT_FALSE(head) << octets;
    EXPECT_EQ(head.error().kind, ErrorKind::http_request_error);
    EXPECT_EQ(head.error().code, 400);
  }
}

TEST_F(MessageReaderTest, ACloseInTheMiddleOfAHeadIsAnError) {
  send("GET http://a.ex");
  finish();
  EXPECT_EQ(head().error().kind, ErrorKind::client_gone);
}

TEST_F(MessageReaderTest, AHeadInSingleOctetsIsAHead) {
  struct Sends {
    static Task<> one_by_one(net::Socket& socket, std::string_view octets, net::TcpStream& stream) {
      for (std::size_t i = 0; i < octets.size(); ++i) {
        co_await support::write_octets(socket, octets.substr(i, 1));
        while (stream.received() < i + 1) { co_await asio::post(use_task); }
      }
    }
  };
  std::string got;
  asio::co_spawn(context_, Sends::one_by_one(pair_.far, kHead, stream_), [](const std::exception_ptr&) {});
  EXPECT_EQ(head().value(), kHead);
}

TEST_F(MessageReaderTest, PipelinedHeadsComeOneByOneWhateverTheBuffer) {
  std::string sent;
  std::vector<std::string> heads;
  for (int i = 0; i < 40; ++i) {
    heads.push_back("GET /" + std::string(static_cast<std::size_t>(i * 7), 'x') + " HTTP/1.1\r\n\r\n");
    sent += heads.back();
  }
  send(sent);
  for (const auto& expected : heads) {
    EXPECT_EQ(head().value(), expected);
    reader_.begin_content(http::Framing::none, 0, {}, kPace);
    reader_.next_message();
  }
  EXPECT_FALSE(reader_.has_rest());
}

// Heads and contents of all framings, back to back, cut at every place where the buffers may meet.
TEST_F(MessageReaderTest, PipelinedMessagesWithContentCrossTheBuffers) {
  struct Sends {
    static Task<> in_pieces(net::Socket& socket, std::string_view octets, std::size_t piece) {
      while (!octets.empty()) {
        const auto front = octets.substr(0, piece);
        co_await support::write_octets(socket, front);
        octets.remove_prefix(front.size());
        co_await asio::post(use_task);
      }
    }
  };
  const std::string small = patterned(50, 3);
  const std::string large = patterned(200'000, 4);
  std::string sent;
  for (const auto& body : {small, large, small}) {
    sent += "POST /length HTTP/1.1\r\n\r\n" + body;
    sent += "POST /chunked HTTP/1.1\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 70'000) {
      const auto chunk = body.substr(at, 70'000);
      http::append_chunk_head(chunk.size(), sent);
      sent += chunk + "\r\n";
    }
    sent += "0\r\nX-Trailer: t\r\n\r\n";
    sent += "GET /none HTTP/1.1\r\n\r\n";
  }
  for (const std::size_t piece : {1UL << 20, 65536UL, 65535UL, 4096UL, 1000UL}) {
    asio::co_spawn(context_, Sends::in_pieces(pair_.far, sent, piece), [](const std::exception_ptr&) {});
    for (const auto& body : {small, large, small}) {
      EXPECT_EQ(head().value(), "POST /length HTTP/1.1\r\n\r\n") << piece;
      EXPECT_TRUE(content(http::Framing::length, body.size()) == body);
      EXPECT_EQ(reader_.content_received(), body.size());
      reader_.next_message();
      EXPECT_EQ(head().value(), "POST /chunked HTTP/1.1\r\n\r\n") << piece;
      EXPECT_TRUE(content(http::Framing::chunked) == body);
      EXPECT_EQ(reader_.trailers(), "X-Trailer: t\r\n");
      reader_.next_message();
      EXPECT_EQ(head().value(), "GET /none HTTP/1.1\r\n\r\n") << piece;
      EXPECT_EQ(content(http::Framing::none).value(), "");
      reader_.next_message();
    }
    EXPECT_FALSE(reader_.has_rest());
  }
}

TEST_F(MessageReaderTest, TheHeadStaysReadableWhileContentIsRead) {
  const auto body = patterned(300'000);
  const std::string request = "POST / HTTP/1.1\r\n\r\n";
  asio::co_spawn(context_, support::write_octets(pair_.far, request), [](const std::exception_ptr&) {});
  const auto text = run(context_, reader_.read_head(limits_, kPatience));
  ASSERT_TRUE(text);
  asio::co_spawn(context_, support::write_octets(pair_.far, body), [](const std::exception_ptr&) {});
  EXPECT_TRUE(content(http::Framing::length, body.size()) == body);
  EXPECT_EQ(*text, request);
}

TEST_F(MessageReaderTest, WhatComesBehindATunnelsHeadIsTheRest) {
  send("CONNECT a.example:443 HTTP/1.1\r\n\r\n\x16\x03\x01hello");
  EXPECT_TRUE(head());
  reader_.begin_content(http::Framing::none, 0, {}, kPace);
  EXPECT_EQ(reader_.rest(), "\x16\x03\x01hello");
  reader_.drop_rest();
  EXPECT_FALSE(reader_.has_rest());
}

TEST_F(MessageReaderTest, ContentUntilCloseEndsWithTheConnection) {
  send(kHead + "some content");
  finish();
  EXPECT_TRUE(head());
  EXPECT_EQ(content(http::Framing::until_close).value(), "some content");
}

TEST_F(MessageReaderTest, CutContentIsAnError) {
  for (const auto framing : {http::Framing::length, http::Framing::chunked}) {
    support::TcpPair pair(context_);
    net::TcpStream stream(std::move(pair.near), wheel_, Side::upstream);
    MessageReader reader(stream, Side::upstream, 64);
    asio::write(pair.far, asio::buffer(std::string("HTTP/1.1 200 OK\r\n\r\n5\r\nhello\r\n")));
    pair.far.shutdown(net::Socket::shutdown_send);
    EXPECT_TRUE(run(context_, reader.read_head(limits_, kPatience)));
    reader.begin_content(framing, 1000, {}, kPace);
    const auto got = run(context_, all_content(reader));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, ErrorKind::http_response_incomplete);
    EXPECT_FALSE(reader.content_ended());
  }
}

TEST_F(MessageReaderTest, ALineOrAHeadBeyondItsLimitIsToldApart) {
  const std::string long_line = "GET http://a.example/" + std::string(3000, 'x') + " HTTP/1.1\r\n\r\n";
  std::string long_head = "GET http://a.example/ HTTP/1.1\r\n";
  for (int i = 0; i < 60; ++i) { long_head += "X-Field-" + std::to_string(i) + ": " + std::string(50, 'x') + "\r\n"; }
  const struct {
    const char* name;
    std::string sent;
    int status;
  } cases[] = {
      {"a whole head with a long line", long_line, 414},
      {"a long line that does not end", long_line.substr(0, 2500), 414},
      {"a whole head that is too large", long_head + "\r\n", 431},
      {"a head that does not end", long_head, 431},
      {"a head that is too large with another one behind it", long_head + "\r\n" + long_line, 431},
      {"a long line with a small request behind it", long_line + kHead, 414},
  };
  for (const auto& [name, sent, status] : cases) {
    for (const std::size_t capacity : {64UL, 100UL, 4096UL, 16384UL}) {
      support::TcpPair pair(context_);
      net::TcpStream stream(std::move(pair.near), wheel_, Side::client);
      MessageReader reader(stream, Side::client, capacity);
      asio::write(pair.far, asio::buffer(sent));
      const http::HeadLimits limits{2048, 1024, 200};
      const auto got = run(context_, reader.read_head(limits, kPatience));
      ASSERT_FALSE(got) << name;
      EXPECT_EQ(got.error().kind, ErrorKind::http_request_error) << name;
      EXPECT_EQ(got.error().code, status) << name << ", buffer of " << capacity;
    }
  }
}

// ---- time

struct Outcome {
  bool ended = false;
  std::optional<Error> error;
};
Task<> read_head_into(MessageReader& reader, const http::HeadLimits& limits, Outcome& outcome) {
  const auto got = co_await reader.read_head(limits, kPatience);
  if (!got) { outcome.error = got.error(); }
  outcome.ended = true;
}

TEST_F(MessageReaderTest, AHeadThatComesTooSlowlyIsToldFromAnIdleClient) {
  for (const bool begun : {false, true}) {
    TimerWheel wheel;
    support::TcpPair pair(context_);
    net::TcpStream stream(std::move(pair.near), wheel, Side::client);
    MessageReader reader(stream, Side::client, 64);
    Outcome outcome;
    asio::co_spawn(context_, read_head_into(reader, limits_, outcome), [](const std::exception_ptr&) {});
    settle(context_);
    if (begun) {
      asio::write(pair.far, asio::buffer(std::string("GET ")));
      settle(context_);
    }
    wheel.advance(coarse_now() + (begun ? 11s : 61s));
    settle(context_);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind, begun ? ErrorKind::request_timeout : ErrorKind::idle_timeout);
  }
}

// One octet now and then does not buy time: the head has its limit in all.
TEST_F(MessageReaderTest, AHeadHasItsTimeInAll) {
  Outcome outcome;
  asio::co_spawn(context_, read_head_into(reader_, limits_, outcome), [](const std::exception_ptr&) {});
  send("GET");
  settle(context_);
  wheel_.advance(coarse_now() + 9s);
  send(" ");
  settle(context_);
  EXPECT_FALSE(outcome.ended);
  wheel_.advance(coarse_now() + 11s);
  settle(context_);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::request_timeout);
}

Task<> read_content_into(MessageReader& reader, Outcome& outcome) {
  for (;;) {
    const auto piece = co_await reader.next();
    if (!piece) { outcome.error = piece.error(); }
    if (!piece || piece->empty()) { break; }
  }
  outcome.ended = true;
}

TEST_F(MessageReaderTest, ContentThatStopsComingIsGivenUp) {
  send(kHead + "begin");
  EXPECT_TRUE(head());
  reader_.begin_content(http::Framing::length, 1000, {}, kPace);
  Outcome outcome;
  asio::co_spawn(context_, read_content_into(reader_, outcome), [](const std::exception_ptr&) {});
  settle(context_);
  wheel_.advance(coarse_now() + 11s);
  settle(context_);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::request_timeout);
}

}  // namespace
}  // namespace sluice::http1
