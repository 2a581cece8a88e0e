#include "gateway/net/listener.hpp"

#include <cerrno>
#include <expected>
#include <system_error>

#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/net/address.hpp"

namespace sluice::net {

namespace {

constexpr int kBacklog = 4096;

void set_option(int descriptor, int level, int option, int value) {
  if (::setsockopt(descriptor, level, option, &value, sizeof value) != 0) {
    throw std::system_error(errno, std::system_category(), "setsockopt");
  }
}

ListenSocket bind_one(const asio::ip::tcp::endpoint& endpoint, const std::string& mode, bool share) {
  const bool is_v6 = endpoint.address().is_v6();
  const int descriptor = ::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) { throw std::system_error(errno, std::system_category(), "socket"); }
  ListenSocket socket(descriptor, mode);
  set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (share) { set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1); }
  if (is_v6) { set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0); }
  if (::bind(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
      ::listen(descriptor, kBacklog) != 0) {
    throw std::system_error(errno, std::system_category(),
                            "cannot listen on " + text_of(to_address(endpoint.address()), endpoint.port()));
  }
  return socket;
}

}  // namespace

asio::ip::tcp::endpoint ListenSocket::endpoint() const {
  asio::ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(descriptor_.number(), endpoint.data(), &size) != 0) {
    throw std::system_error(errno, std::system_category(), "getsockname");
  }
  endpoint.resize(size);
  return endpoint;
}

ListenSocket ListenSocket::duplicate() const {
  const int copy = ::fcntl(descriptor_.number(), F_DUPFD_CLOEXEC, 3);
  if (copy < 0) { throw std::system_error(errno, std::system_category(), "dup"); }
  return {copy, mode_};
}

std::vector<ListenSocket> bind_listeners(const policy::Address& address, std::uint16_t port, const std::string& mode,
                                         std::size_t count) {
  // SO_REUSEPORT alone would let a second daemon of the same user take half of the connections.
  const auto chosen = bind_one(to_endpoint(address, port), mode, false).endpoint();
  std::vector<ListenSocket> sockets;
  for (std::size_t i = 0; i < count; ++i) { sockets.push_back(bind_one(chosen, mode, true)); }
  return sockets;
}

// Accepted sockets inherit TCP_NODELAY from the one that listens.
Listener::Listener(asio::io_context& context, ListenSocket socket)
    : context_(context),
      mode_(socket.mode()),
      name_(text_of(to_address(socket.endpoint().address()), socket.endpoint().port())),
      socket_(Reactor::of(context), socket.release()) {
  set_option(socket_.descriptor(), IPPROTO_TCP, TCP_NODELAY, 1);
  const int flags = ::fcntl(socket_.descriptor(), F_GETFL);
  if (flags < 0 || ::fcntl(socket_.descriptor(), F_SETFL, flags | O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::system_category(), "fcntl");
  }
}

Task<std::expected<Listener::Accepted, boost::system::error_code>> Listener::accept() {
  for (;;) {
    if (!socket_.is_open()) { co_return std::unexpected(asio::error::operation_aborted); }
    if (++burst_ > kBurst) {
      burst_ = 0;
      co_await asio::post(context_, use_task);
      continue;
    }
    asio::ip::tcp::endpoint from;
    auto size = static_cast<socklen_t>(from.capacity());
    Descriptor accepted(::accept4(socket_.descriptor(), from.data(), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (accepted.is_open()) {
      from.resize(size);
      co_return Accepted{std::move(accepted), from};
    }
    if (errno == EINTR) { continue; }
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      co_return std::unexpected(boost::system::error_code(errno, boost::system::system_category()));
    }
    burst_ = 0;
    co_await socket_.readable();
  }
}

}  // namespace sluice::net
