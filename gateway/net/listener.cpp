#include "gateway/net/listener.hpp"

#include <cerrno>
#include <expected>
#include <system_error>
#include <utility>

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

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), mode_(std::move(other.mode_)) {}

ListenSocket& ListenSocket::operator=(ListenSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(mode_, other.mode_);
  return *this;
}

ListenSocket::~ListenSocket() {
  if (descriptor_ >= 0) { ::close(descriptor_); }
}

int ListenSocket::release() noexcept {
  return std::exchange(descriptor_, -1);
}

asio::ip::tcp::endpoint ListenSocket::endpoint() const {
  asio::ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(descriptor_, endpoint.data(), &size) != 0) {
    throw std::system_error(errno, std::system_category(), "getsockname");
  }
  endpoint.resize(size);
  return endpoint;
}

ListenSocket ListenSocket::duplicate() const {
  const int copy = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 3);
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

Listener::Listener(asio::io_context& context, ListenSocket socket)
    : context_(context),
      mode_(socket.mode()),
      name_(text_of(to_address(socket.endpoint().address()), socket.endpoint().port())),
      acceptor_(context, socket.endpoint().protocol(), socket.release()) {
  acceptor_.non_blocking(true);
}

Task<std::expected<Listener::Accepted, boost::system::error_code>> Listener::accept() {
  Accepted accepted{Socket(context_), {}};
  boost::system::error_code failed;
  co_await acceptor_.async_accept(accepted.socket, accepted.from, asio::redirect_error(use_task, failed));
  if (failed) { co_return std::unexpected(failed); }
  accepted.socket.set_option(asio::ip::tcp::no_delay(true), failed);
  co_return std::move(accepted);
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

bool Listener::no_descriptors(const boost::system::error_code& error) noexcept {
  return error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOBUFS || error.value() == ENOMEM;
}

}  // namespace sluice::net
