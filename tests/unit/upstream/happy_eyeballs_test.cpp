#include "gateway/upstream/happy_eyeballs.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/unit/upstream/run_coroutine.hpp"

namespace sluice::upstream {
namespace {

using namespace std::chrono_literals;
using testing_support::run;
using Clock = std::chrono::steady_clock;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

constexpr auto kLong = 20s;

std::vector<policy::Address> addresses(std::initializer_list<const char*> texts) {
  std::vector<policy::Address> out;
  for (const char* text : texts) { out.push_back(policy::Address::parse(text).value()); }
  return out;
}

std::string texts(const std::vector<policy::Address>& list) {
  std::string out;
  for (const auto& address : list) { out += (out.empty() ? "" : " ") + address.text(); }
  return out;
}

// 127.0.0.0/8 is all loopback: one port can be open at one address and closed at another.
class ConnectRaceTest : public testing::Test {
 protected:
  // Listens at the address; port 0 lets the kernel choose. With `backlog` 0 it is full after one connection.
  Acceptor listen(const char* address, std::uint16_t port = 0, int backlog = 16) {
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address), port);
    Acceptor acceptor(context_.get_executor());
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen(backlog);
    return acceptor;
  }
  // A listener that answers no more connection attempts: its queue is full.
  Acceptor listen_silently(const char* address, std::uint16_t port = 0) {
    Acceptor acceptor = listen(address, port, 0);
    for (int i = 0; i < 2; ++i) {
      Socket& filler = fillers_.emplace_back(context_.get_executor());
      filler.open(asio::ip::tcp::v4());
      filler.native_non_blocking(true);
      const asio::ip::tcp::endpoint endpoint = acceptor.local_endpoint();
      ::connect(filler.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size()));
    }
    return acceptor;
  }
  Result<Connected> race(std::initializer_list<const char*> list, std::uint16_t port,
                         std::chrono::milliseconds attempt_delay = 10s, std::chrono::milliseconds limit = kLong) {
    return run(context_, connect_race(context_, addresses(list), port, attempt_delay, limit));
  }
  static bool is_ipv6_here() {
    asio::io_context context;
    boost::system::error_code error;
    asio::ip::tcp::acceptor acceptor(context);
    acceptor.open(asio::ip::tcp::v6(), error);
    if (!error) { acceptor.bind({asio::ip::address_v6::loopback(), 0}, error); }
    return !error;
  }

  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  std::vector<Socket> fillers_;
};

TEST(Interleave, TakesTheFamiliesInTurnBeginningWithIpv6) {
  struct Case {
    std::vector<policy::Address> list;
    std::string expected;
  };
  const Case cases[] = {
      {{}, ""},
      {addresses({"1.1.1.1", "1.1.1.2"}), "1.1.1.1 1.1.1.2"},
      {addresses({"2::1", "2::2"}), "2::1 2::2"},
      {addresses({"1.1.1.1", "1.1.1.2", "1.1.1.3", "2::1", "2::2"}), "2::1 1.1.1.1 2::2 1.1.1.2 1.1.1.3"},
      {addresses({"2::1", "2::2", "2::3", "1.1.1.1"}), "2::1 1.1.1.1 2::2 2::3"},
  };
  for (const auto& [list, expected] : cases) { EXPECT_EQ(texts(interleave(list)), expected); }
}

TEST_F(ConnectRaceTest, OneAddressIsConnected) {
  Acceptor acceptor = listen("127.0.0.1");
  const std::uint16_t port = acceptor.local_endpoint().port();
  auto connected = race({"127.0.0.1"}, port);
  ASSERT_TRUE(connected) << connected.error().text();
  EXPECT_EQ(connected->address.text(), "127.0.0.1");
  EXPECT_EQ(connected->socket.remote_endpoint().port(), port);
  asio::ip::tcp::no_delay no_delay;
  connected->socket.get_option(no_delay);
  EXPECT_TRUE(no_delay.value());
}

TEST_F(ConnectRaceTest, OneRefusedAddressIsAnsweredAtOnce) {
  const std::uint16_t port = listen("127.0.0.1").local_endpoint().port();
  const auto before = Clock::now();
  const auto connected = race({"127.0.0.1"}, port);
  EXPECT_LT(Clock::now() - before, 5s);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::connection_refused);
  EXPECT_EQ(connected.error().side, Side::upstream);
  EXPECT_EQ(connected.error().code, ECONNREFUSED);
  EXPECT_TRUE(connected.error().retry);
}

TEST_F(ConnectRaceTest, OneSilentAddressEndsAtTheLimit) {
  Acceptor silent = listen_silently("127.0.0.1");
  const auto connected = race({"127.0.0.1"}, silent.local_endpoint().port(), 10s, 30ms);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::connection_timeout);
}

TEST_F(ConnectRaceTest, TheNextAddressIsTriedAtOnceWhenOneRefuses) {
  Acceptor acceptor = listen("127.0.0.3");
  const auto before = Clock::now();
  auto connected = race({"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"}, acceptor.local_endpoint().port());
  EXPECT_LT(Clock::now() - before, 5s);
  ASSERT_TRUE(connected) << connected.error().text();
  EXPECT_EQ(connected->address.text(), "127.0.0.3");
  asio::ip::tcp::no_delay no_delay;
  connected->socket.get_option(no_delay);
  EXPECT_TRUE(no_delay.value());
}

TEST_F(ConnectRaceTest, TheNextAddressIsTriedAfterTheDelayWhenOneIsSilent) {
  Acceptor silent = listen_silently("127.0.0.1");
  Acceptor acceptor = listen("127.0.0.2", silent.local_endpoint().port());
  auto connected = race({"127.0.0.1", "127.0.0.2"}, acceptor.local_endpoint().port(), 10ms);
  ASSERT_TRUE(connected) << connected.error().text();
  EXPECT_EQ(connected->address.text(), "127.0.0.2");
}

TEST_F(ConnectRaceTest, WhenAllRefuseThatIsToldAtOnce) {
  const std::uint16_t port = listen("127.0.0.1").local_endpoint().port();
  const auto before = Clock::now();
  const auto connected = race({"127.0.0.1", "127.0.0.2", "127.0.0.3"}, port);
  EXPECT_LT(Clock::now() - before, 5s);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::connection_refused);
}

TEST_F(ConnectRaceTest, WhenAllAreSilentTheLimitEndsIt) {
  Acceptor first = listen_silently("127.0.0.1");
  Acceptor second = listen_silently("127.0.0.2", first.local_endpoint().port());
  const auto connected = race({"127.0.0.1", "127.0.0.2"}, first.local_endpoint().port(), 5ms, 40ms);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::connection_timeout);
}

TEST_F(ConnectRaceTest, ARefusalSaysMoreThanAMissingRoute) {
  const std::uint16_t port = listen("127.0.0.1").local_endpoint().port();
  // 255.255.255.255 is no address to connect a stream to: the kernel refuses without asking the network.
  EXPECT_EQ(race({"255.255.255.255"}, port).error().kind, ErrorKind::destination_ip_unroutable);
  EXPECT_EQ(race({"255.255.255.255", "255.255.255.255"}, port).error().kind, ErrorKind::destination_ip_unroutable);
  EXPECT_EQ(race({"127.0.0.1", "255.255.255.255"}, port).error().kind, ErrorKind::connection_refused);
  EXPECT_EQ(race({"255.255.255.255", "127.0.0.1"}, port).error().kind, ErrorKind::connection_refused);
}

TEST_F(ConnectRaceTest, NoAddressIsNoRoute) {
  EXPECT_EQ(race({}, 80).error().kind, ErrorKind::destination_ip_unroutable);
}

TEST_F(ConnectRaceTest, Ipv6IsTriedFirst) {
  if (!is_ipv6_here()) { GTEST_SKIP() << "no IPv6 here"; }
  Acceptor ipv4 = listen("127.0.0.1");
  const std::uint16_t port = ipv4.local_endpoint().port();
  EXPECT_EQ(race({"127.0.0.1", "::1"}, port)->address.text(), "127.0.0.1");
  Acceptor ipv6(context_.get_executor());
  ipv6.open(asio::ip::tcp::v6());
  ipv6.set_option(asio::ip::v6_only(true));
  ipv6.bind({asio::ip::address_v6::loopback(), port});
  ipv6.listen();
  EXPECT_EQ(race({"127.0.0.1", "::1"}, port)->address.text(), "::1");
}

// While it lives, this process can open no descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &old_limit_);
    rlimit none = old_limit_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &old_limit_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit old_limit_{};
};

TEST_F(ConnectRaceTest, WithoutDescriptorsTheGatewayIsToBlame) {
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "the sanitizer looks at objects through a pipe of its own, and takes them for damaged without one";
#endif
#endif
  const Acceptor acceptor = listen("127.0.0.1");  // the context has what it needs itself
  const NoDescriptors none;
  for (const auto& list : {addresses({"127.0.0.1"}), addresses({"127.0.0.1", "127.0.0.2"})}) {
    const auto connected = run(context_, connect_race(context_, list, 80, 10s, kLong));
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().kind, ErrorKind::connection_limit_reached);
    EXPECT_EQ(connected.error().side, Side::gateway);
  }
}

// Sockets of attempts that lost are closed when the race is over, not when the kernel gives up.
TEST_F(ConnectRaceTest, LosersAreClosed) {
  Acceptor silent = listen_silently("127.0.0.1");
  Acceptor acceptor = listen("127.0.0.2", silent.local_endpoint().port());
  const int before = ::dup(0);
  ASSERT_GE(before, 0);
  ::close(before);
  {
    auto connected = race({"127.0.0.1", "127.0.0.2"}, acceptor.local_endpoint().port(), 5ms);
    ASSERT_TRUE(connected);
  }
  context_.restart();
  context_.poll();
  const int after = ::dup(0);
  ::close(after);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace sluice::upstream
