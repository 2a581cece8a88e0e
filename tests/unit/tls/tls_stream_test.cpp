#include "gateway/tls/tls_stream.hpp"

#include <filesystem>
#include <functional>
#include <semaphore>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "gateway/base/file.hpp"
#include "gateway/tls/client_context.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"
#include "tests/support/tls_peer.hpp"

namespace sluice::tls {
namespace {

using namespace std::chrono_literals;
using support::Authority;
using support::CertificateWish;
using support::patterned;
using support::run;
using support::settle;
using support::TlsPeer;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr milliseconds kLimit = 30s;  // no test reaches it by itself; the wheel is told that it has passed
constexpr long kDay = 24L * 3600;

// An authority's certificate where a client is told to look for it.
class TrustedFile {
 public:
  explicit TrustedFile(const std::string& pem)
      : path_(std::filesystem::temp_directory_path() / ("sluice-trust-" + std::to_string(::getpid()))) {
    if (!replace_file(path_, pem)) { throw std::runtime_error("the test cannot write " + path_); }
  }
  ~TrustedFile() { std::filesystem::remove(path_); }
  TrustedFile(const TrustedFile&) = delete;
  TrustedFile& operator=(const TrustedFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Task<Result<std::string>> read_all(net::Stream& stream) {
  std::string all;
  std::string piece(64 * 1024, '\0');
  for (;;) {
    const auto count = co_await stream.read_some(piece);
    if (!count) { co_return std::unexpected(count.error()); }
    if (*count == 0) { co_return all; }
    all.append(piece, 0, *count);
  }
}

class TlsStreamTest : public testing::Test {
 protected:
  ~TlsStreamTest() override {
    transport_.close();
    gate_.release();
    if (server_.joinable()) { server_.join(); }
  }

  // The client's side, which asks for `host`; the server's side goes by its script on a thread of its own.
  TlsStream& connect(const std::string& host, const CertificateWish& wish, std::function<void(TlsPeer&)> script) {
    return connect(host, authority_.certify(wish), std::move(script));
  }
  TlsStream& connect(const std::string& host, support::Certified identity, std::function<void(TlsPeer&)> script,
                     int newest_version = 0) {
    const int far = release_far();
    server_ = std::thread([this, far, newest_version, identity = std::move(identity), script = std::move(script)] {
      TlsPeer peer(far, identity, newest_version);
      accepted_ = peer.accept();
      script(peer);
    });
    return make_stream(host);
  }
  TlsStream& make_stream(const std::string& host) {
    const auto context = ClientContext::make(trusted_.path());
    EXPECT_TRUE(context) << context.error();
    stream_ = std::make_unique<TlsStream>(transport_, context->connection_to(host), Side::upstream);
    stream_->limit_reading(kLimit, ErrorKind::connection_timeout);
    stream_->limit_writing(kLimit);
    return *stream_;
  }
  int release_far() {
    const int far = pair_.far.release();
    ::fcntl(far, F_SETFL, ::fcntl(far, F_GETFL) & ~O_NONBLOCK);
    return far;
  }

  template <typename T>
  void begin(Task<T> task, std::optional<T>& outcome) {
    asio::co_spawn(context_, support::keep_result(std::move(task), outcome),
                   [](const std::exception_ptr& thrown) { EXPECT_EQ(thrown, nullptr); });
    settle(context_);
  }
  Result<void> handshake() { return run(context_, stream_->handshake()); }
  // Why the server's certificate does not do.
  std::string fault(const std::string& host, support::Certified identity) {
    connect(host, std::move(identity), [](TlsPeer&) {});
    const auto established = handshake();
    EXPECT_FALSE(established);
    if (!established) { EXPECT_EQ(to_string(established.error().kind), "tls_certificate_error"); }
    server_.join();
    EXPECT_FALSE(accepted_);
    return stream_->why();
  }
  void pass(milliseconds time) { wheel_.advance(coarse_now() + time); }

  Authority authority_;
  TrustedFile trusted_{authority_.pem()};
  asio::io_context context_;
  TimerWheel wheel_;
  support::TcpPair pair_{context_};
  net::TcpStream transport_{std::move(pair_.near), wheel_, Side::upstream};
  std::unique_ptr<TlsStream> stream_;
  std::thread server_;
  std::counting_semaphore<> gate_{0};  // for the server's script to wait at
  bool accepted_ = false;
};

TEST_F(TlsStreamTest, OctetsPassBothWaysUnderANameThatWasProved) {
  std::string asked, offered, version, received;
  bool ended = false;
  connect("lists.example", {.names = "DNS:lists.example"}, [&](TlsPeer& peer) {
    asked = peer.asked_name();
    offered = peer.offered_protocols();
    version = peer.version();
    received = peer.receive(4);
    peer.send("pong");
    peer.finish();
    ended = peer.is_at_end();
  });
  ASSERT_TRUE(handshake()) << stream_->why();
  EXPECT_TRUE(run(context_, stream_->write("ping")));
  EXPECT_EQ(run(context_, read_all(*stream_)).value(), "pong");
  stream_->close();
  server_.join();
  EXPECT_EQ(asked, "lists.example");
  EXPECT_EQ(offered, "\x08http/1.1");
  EXPECT_EQ(version, "TLSv1.3");
  EXPECT_EQ(received, "ping");
  EXPECT_TRUE(ended) << "the client said that it was the end";
}

TEST_F(TlsStreamTest, AnAddressIsProvedByAnAddressAndNotTold) {
  std::string asked = "?";
  connect("127.0.0.1", {.names = "IP:127.0.0.1"}, [&](TlsPeer& peer) { asked = peer.asked_name(); });
  EXPECT_TRUE(handshake()) << stream_->why();
  server_.join();
  EXPECT_EQ(asked, "");
}

TEST_F(TlsStreamTest, AWildcardIsOneLabel) {
  connect("a.lists.example", {.names = "DNS:*.lists.example"}, [](TlsPeer&) {});
  EXPECT_TRUE(handshake()) << stream_->why();
}

TEST_F(TlsStreamTest, AWildcardIsNotTwoLabels) {
  EXPECT_EQ(fault("b.a.lists.example", authority_.certify({.names = "DNS:*.lists.example"})),
            "the certificate of b.a.lists.example is for *.lists.example");
}

TEST_F(TlsStreamTest, AnotherNameIsRefused) {
  EXPECT_EQ(fault("lists.example", authority_.certify({.names = "DNS:other.example,IP:192.0.2.1"})),
            "the certificate of lists.example is for other.example, 192.0.2.1");
}

TEST_F(TlsStreamTest, TheCommonNameProvesNothing) {
  EXPECT_EQ(fault("lists.example", authority_.certify({.names = "", .common_name = "lists.example"})),
            "the certificate of lists.example names no host");
}

TEST_F(TlsStreamTest, ANameThatLooksLikeTheAddressDoesNotProveIt) {
  EXPECT_EQ(fault("127.0.0.1", authority_.certify({.names = "DNS:127.0.0.1", .common_name = "127.0.0.1"})),
            "the certificate of 127.0.0.1 is for 127.0.0.1");
}

TEST_F(TlsStreamTest, AnotherAddressIsRefused) {
  EXPECT_EQ(fault("2001:db8::1", authority_.certify({.names = "IP:2001:db8::2"})),
            "the certificate of 2001:db8::1 is for 2001:db8::2");
}

TEST_F(TlsStreamTest, AnExpiredCertificateIsRefusedWithItsDate) {
  EXPECT_THAT(
      fault("lists.example", authority_.certify({.names = "DNS:lists.example", .from = -9 * kDay, .until = -2 * kDay})),
      MatchesRegex("the certificate of lists.example expired on 20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]"));
}

TEST_F(TlsStreamTest, ACertificateOfTheFutureIsRefused) {
  EXPECT_THAT(
      fault("lists.example", authority_.certify({.names = "DNS:lists.example", .from = kDay, .until = 2 * kDay})),
      HasSubstr("the certificate of lists.example is valid from 20"));
}

TEST_F(TlsStreamTest, AnUnknownAuthorityIsRefused) {
  const Authority other({.names = "", .common_name = "another authority"});
  EXPECT_THAT(fault("lists.example", other.certify({.names = "DNS:lists.example"})),
              HasSubstr("the certificate of lists.example is not trusted: "));
}

TEST_F(TlsStreamTest, ACertificateThatCertifiesItselfIsRefused) {
  EXPECT_EQ(fault("lists.example", Authority::self_signed({.names = "DNS:lists.example"})),
            "the certificate of lists.example is not trusted: self-signed certificate");
}

TEST_F(TlsStreamTest, OfACutConnectionTheEndIsNotProven) {
  connect("lists.example", {.names = "DNS:lists.example"}, [](TlsPeer& peer) {
    peer.send("half");
    peer.cut();
  });
  ASSERT_TRUE(handshake());
  const auto read = run(context_, read_all(*stream_));
  ASSERT_FALSE(read);
  EXPECT_EQ(to_string(read.error().kind), "connection_terminated");
  const auto again = run(context_, read_all(*stream_));
  ASSERT_FALSE(again);
  EXPECT_EQ(to_string(again.error().kind), "connection_terminated");
}

TEST_F(TlsStreamTest, AServerThatSaysNothingIsCutAtTheLimit) {
  make_stream("lists.example");
  std::optional<Result<void>> outcome;
  begin(stream_->handshake(), outcome);
  EXPECT_FALSE(outcome);
  pass(kLimit + 1s);
  settle(context_);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(to_string(outcome->error().kind), "connection_timeout");
}

TEST_F(TlsStreamTest, AServerThatClosesInTheHandshakeHasGone) {
  make_stream("lists.example");
  pair_.far.close();
  const auto established = handshake();
  ASSERT_FALSE(established);
  EXPECT_EQ(to_string(established.error().kind), "connection_terminated");
  EXPECT_EQ(stream_->why(), "");
}

TEST_F(TlsStreamTest, CloseAndCancelEndAHandshakeThatWaits) {
  make_stream("lists.example");
  std::optional<Result<void>> outcome;
  begin(stream_->handshake(), outcome);
  stream_->cancel();
  settle(context_);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(to_string(outcome->error().kind), "shutting_down");
  stream_->close();
  EXPECT_FALSE(run(context_, stream_->handshake()));
}

TEST_F(TlsStreamTest, WhatIsNoTlsIsSaidToBeNone) {
  make_stream("lists.example");
  run(context_, support::write_octets(pair_.far, "HTTP/1.1 400 Bad Request\r\n\r\n"));
  const auto established = handshake();
  ASSERT_FALSE(established);
  EXPECT_EQ(to_string(established.error().kind), "tls_protocol_error");
  EXPECT_EQ(stream_->why(), "what answers there is no TLS");
}

TEST_F(TlsStreamTest, OlderVersionsAreNotSpoken) {
  connect("lists.example", authority_.certify({.names = "DNS:lists.example"}), [](TlsPeer&) {}, TLS1_1_VERSION);
  const auto established = handshake();
  ASSERT_FALSE(established);
  EXPECT_EQ(to_string(established.error().kind), "tls_alert_received");
  EXPECT_EQ(stream_->why(), "the peer refused: protocol version");
}

TEST_F(TlsStreamTest, Tls12IsSpoken) {
  connect(
      "lists.example", authority_.certify({.names = "DNS:lists.example"}),
      [](TlsPeer& peer) {
        peer.send("x");
        peer.finish();
      },
      TLS1_2_VERSION);
  ASSERT_TRUE(handshake()) << stream_->why();
  EXPECT_EQ(run(context_, read_all(*stream_)).value(), "x");
}

TEST_F(TlsStreamTest, MuchArrivesAsItWasSent) {
  const std::string sent = patterned(8 << 20);
  connect("lists.example", {.names = "DNS:lists.example"}, [&](TlsPeer& peer) {
    peer.send(sent);
    peer.finish();
  });
  ASSERT_TRUE(handshake());
  const auto read = run(context_, read_all(*stream_));
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == sent);
}

TEST_F(TlsStreamTest, APeerThatDoesNotReadHoldsWritingBackAndLittleMemory) {
  std::string octets = patterned(16 << 20);
  std::string received;
  connect("lists.example", {.names = "DNS:lists.example"}, [&](TlsPeer& peer) {
    gate_.acquire();
    received = peer.receive(octets.size());
  });
  ASSERT_TRUE(handshake());
  std::vector<iovec> pieces{{octets.data(), 10}, {octets.data() + 10, octets.size() - 10}};
  std::optional<Result<void>> outcome;
  begin(stream_->write(pieces, false), outcome);
  EXPECT_FALSE(outcome) << "the kernel does not take all of it";
  EXPECT_LE(transport_.unsent(), 17U * 1024) << "one record";
  gate_.release();
  context_.restart();
  while (!outcome && context_.run_one() > 0) {}
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(*outcome);
  server_.join();
  EXPECT_TRUE(received == octets);
}

TEST_F(TlsStreamTest, APeerThatTakesNothingForTooLongIsAnError) {
  std::string octets = patterned(16 << 20);
  connect("lists.example", {.names = "DNS:lists.example"}, [this](TlsPeer&) { gate_.acquire(); });
  ASSERT_TRUE(handshake());
  std::optional<Result<void>> outcome;
  begin(stream_->write(octets), outcome);
  pass(kLimit + 1s);
  settle(context_);
  gate_.release();
  ASSERT_TRUE(outcome);
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(to_string(outcome->error().kind), "connection_write_timeout");
}

TEST_F(TlsStreamTest, CancelledNothingIsReadOrWrittenFromThenOn) {
  connect("lists.example", {.names = "DNS:lists.example"}, [this](TlsPeer&) { gate_.acquire(); });
  ASSERT_TRUE(handshake());
  std::optional<Result<std::string>> reading;
  begin(read_all(*stream_), reading);
  stream_->cancel();
  settle(context_);
  ASSERT_TRUE(reading);
  EXPECT_EQ(to_string(reading->error().kind), "shutting_down");
  for (int i = 0; i < 2; ++i) {
    const auto written = run(context_, stream_->write("x"));
    ASSERT_FALSE(written);
    EXPECT_EQ(to_string(written.error().kind), "shutting_down");
  }
}

TEST_F(TlsStreamTest, WhatArrivedIsReadWhenNothingCanBeWrittenAnyMore) {
  connect("lists.example", {.names = "DNS:lists.example"}, [](TlsPeer& peer) {
    peer.send("too late");
    peer.finish();
  });
  ASSERT_TRUE(handshake());
  server_.join();
  transport_.shutdown_sending();
  EXPECT_FALSE(run(context_, stream_->write("x")));
  EXPECT_FALSE(run(context_, stream_->write("x")));
  EXPECT_EQ(run(context_, read_all(*stream_)).value(), "too late");
}

TEST_F(TlsStreamTest, AReadThatTookTooLongMayBeMadeAgain) {
  connect("lists.example", {.names = "DNS:lists.example"}, [&](TlsPeer& peer) {
    gate_.acquire();
    peer.send("late");
    peer.finish();
  });
  ASSERT_TRUE(handshake());
  stream_->limit_reading(kLimit, ErrorKind::idle_timeout);
  std::optional<Result<std::string>> outcome;
  begin(read_all(*stream_), outcome);
  pass(kLimit + 1s);
  settle(context_);
  gate_.release();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(to_string(outcome->error().kind), "idle_timeout");
  stream_->limit_reading(kLimit, ErrorKind::idle_timeout);
  EXPECT_EQ(run(context_, read_all(*stream_)).value(), "late");
}

TEST_F(TlsStreamTest, NewKeysAreAgreedOnWhileReading) {
  std::string received;
  connect("lists.example", {.names = "DNS:lists.example"}, [&](TlsPeer& peer) {
    peer.ask_for_new_keys();
    peer.send("under new keys");
    received = peer.receive(5);
    peer.finish();
  });
  ASSERT_TRUE(handshake());
  std::string piece(64, '\0');
  EXPECT_EQ(run(context_, stream_->read_some(piece)).value(), 14U);
  EXPECT_TRUE(run(context_, stream_->write("of us")));
  server_.join();
  EXPECT_EQ(received, "of us");
}

TEST(ClientContext, AFileThatCannotBeReadIsSaidSo) {
  const auto missing = ClientContext::make("/nonexistent/authorities.pem");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), HasSubstr("/nonexistent/authorities.pem: no certificates can be read from it"));
  const TrustedFile empty("nothing\n");
  EXPECT_FALSE(ClientContext::make(empty.path()));
}

}  // namespace
}  // namespace sluice::tls
