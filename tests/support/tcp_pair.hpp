#pragma once

#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <sys/socket.h>

#include "gateway/net/tcp_stream.hpp"

namespace sluice::support {

// Two ends of one connection over loopback.
struct TcpPair {
  explicit TcpPair(asio::io_context& context) : near(context), far(context) {
    asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor(
        context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    far.connect(acceptor.local_endpoint());
    acceptor.accept(near);
    near.set_option(asio::ip::tcp::no_delay(true));
    far.set_option(asio::ip::tcp::no_delay(true));
  }

  net::Socket near;  // for the code under test
  net::Socket far;   // the peer, for the test
};

// What has arrived so far, without waiting. `finished`, when given, is set once the peer has finished sending.
inline std::string take_arrived(net::Socket& socket, bool* finished = nullptr) {
  std::string arrived;
  char piece[64 * 1024];
  for (;;) {
    const auto count = ::recv(socket.native_handle(), piece, sizeof piece, MSG_DONTWAIT);
    if (count == 0 && finished != nullptr) { *finished = true; }
    if (count <= 0) { return arrived; }
    arrived.append(piece, static_cast<std::size_t>(count));
  }
}

// Exactly so many octets, or fewer when the peer finished first.
inline Task<std::string> read_octets(net::Socket& socket, std::size_t wanted) {
  std::string octets(wanted, '\0');
  std::size_t have = 0;
  while (have < wanted) {
    boost::system::error_code failed;
    const auto count = co_await socket.async_read_some(asio::buffer(octets.data() + have, wanted - have),
                                                       asio::redirect_error(use_task, failed));
    if (failed) { break; }
    have += count;
  }
  octets.resize(have);
  co_return octets;
}

// Everything until the peer has finished.
inline Task<std::string> read_to_end(net::Socket& socket) {
  std::string octets;
  std::string piece(64 * 1024, '\0');
  for (;;) {
    boost::system::error_code failed;
    const auto count = co_await socket.async_read_some(asio::buffer(piece.data(), piece.size()),
                                                       asio::redirect_error(use_task, failed));
    if (failed) { break; }
    octets.append(piece, 0, count);
  }
  co_return octets;
}

inline Task<> write_octets(net::Socket& socket, std::string_view octets) {
  while (!octets.empty()) {
    boost::system::error_code failed;
    const auto count = co_await socket.async_write_some(asio::buffer(octets.data(), octets.size()),
                                                        asio::redirect_error(use_task, failed));
    if (failed) { co_return; }
    octets.remove_prefix(count);
  }
}

// Octets that differ from one place to the next, so that a lost or doubled piece shows.
inline std::string patterned(std::size_t size, std::uint32_t seed = 1) {
  std::string octets(size, '\0');
  std::uint32_t state = seed;
  for (auto& octet : octets) {
    state = state * 1664525 + 1013904223;
    octet = static_cast<char>(state >> 24);
  }
  return octets;
}

}  // namespace sluice::support
