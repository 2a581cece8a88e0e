#include "gateway/net/listener.hpp"

#include <cerrno>
#include <system_error>

#include <gtest/gtest.h>

#include "gateway/net/address.hpp"
#include "gateway/net/tcp_stream.hpp"
#include "tests/support/run.hpp"

namespace sluice::net {
namespace {

policy::Address loopback() {
  return *policy::Address::parse("127.0.0.1");
}

struct Answer {
  bool ended = false;
  std::expected<Listener::Accepted, boost::system::error_code> accepted = std::unexpected(boost::system::error_code());
};
Task<> accept(Listener& listener, Answer& answer) {
  answer.accepted = co_await listener.accept();
  answer.ended = true;
}

TEST(Listener, SocketsOfOneAddressShareThePortThatTheKernelChose) {
  const auto sockets = bind_listeners(loopback(), 0, "explicit", 3);
  ASSERT_EQ(sockets.size(), 3U);
  const auto endpoint = sockets.front().endpoint();
  EXPECT_NE(endpoint.port(), 0);
  for (const auto& socket : sockets) {
    EXPECT_EQ(socket.endpoint(), endpoint);
    EXPECT_EQ(socket.mode(), "explicit");
  }
}

TEST(Listener, AnAddressInUseIsRefusedThoughItCouldBeShared) {
  const auto sockets = bind_listeners(loopback(), 0, "explicit", 1);
  try {
    [[maybe_unused]] const auto more = bind_listeners(loopback(), sockets.front().endpoint().port(), "explicit", 1);
    ADD_FAILURE() << "bound twice";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EADDRINUSE);
    EXPECT_NE(std::string(error.what()).find("127.0.0.1:"), std::string::npos) << error.what();
  }
}

TEST(Listener, AConnectionComesWithItsAddress) {
  asio::io_context context;
  auto sockets = bind_listeners(loopback(), 0, "explicit", 1);
  const auto endpoint = sockets.front().endpoint();
  Listener listener(context, std::move(sockets.front()));
  Socket client(context);
  client.connect(endpoint);
  Answer answer;
  support::run(context, accept(listener, answer));
  ASSERT_TRUE(answer.accepted);
  EXPECT_EQ(answer.accepted->from, client.local_endpoint());
  EXPECT_EQ(listener.mode(), "explicit");
}

TEST(Listener, ClosedItEndsWhoWaits) {
  asio::io_context context;
  auto sockets = bind_listeners(loopback(), 0, "explicit", 1);
  Listener listener(context, std::move(sockets.front()));
  Answer answer;
  asio::co_spawn(context, accept(listener, answer), [](const std::exception_ptr&) {});
  support::settle(context);
  listener.close();
  support::settle(context);
  EXPECT_TRUE(answer.ended);
  EXPECT_FALSE(answer.accepted);
  EXPECT_EQ(answer.accepted.error(), asio::error::operation_aborted);
}

TEST(Listener, AMovedSocketIsClosedOnce) {
  auto sockets = bind_listeners(loopback(), 0, "explicit", 2);
  auto copy = sockets.front().duplicate();
  EXPECT_EQ(copy.endpoint(), sockets.front().endpoint());
  sockets.front() = std::move(copy);
  EXPECT_NE(sockets.front().endpoint().port(), 0);
}

TEST(Address, TextAndEndpointAgree) {
  const struct {
    const char* address;
    std::uint16_t port;
    const char* text;
  } cases[] = {
      {"127.0.0.1", 80, "127.0.0.1:80"},
      {"::1", 443, "[::1]:443"},
      {"::ffff:192.0.2.1", 8080, "192.0.2.1:8080"},
      {"2001:db8::1", 65535, "[2001:db8::1]:65535"},
  };
  for (const auto& [address, port, text] : cases) {
    const auto parsed = policy::Address::parse(address);
    ASSERT_TRUE(parsed) << address;
    EXPECT_EQ(text_of(*parsed, port), text);
    const auto endpoint = to_endpoint(*parsed, port);
    EXPECT_EQ(endpoint.port(), port);
    EXPECT_EQ(to_address(endpoint.address()), *parsed) << address;
  }
}

// A client of a listener on [::] that speaks IPv4 has the same address as one of a listener on 0.0.0.0.
TEST(Address, AMappedAddressIsTheIpv4Address) {
  EXPECT_EQ(to_address(asio::ip::make_address("::ffff:192.0.2.1")), to_address(asio::ip::make_address("192.0.2.1")));
}

}  // namespace
}  // namespace sluice::net
