#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "gateway/base/task.hpp"
#include "gateway/net/tcp_stream.hpp"
#include "policy/address.hpp"

namespace sluice::net {

// A listening socket that was bound and is not being served yet. Closes what it still owns.
class ListenSocket {
 public:
  ListenSocket(int descriptor, std::string mode) : descriptor_(descriptor), mode_(std::move(mode)) {}
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&& other) noexcept;
  ~ListenSocket();

  int release() noexcept;
  const std::string& mode() const noexcept { return mode_; }
  asio::ip::tcp::endpoint endpoint() const;  // as bound: with the port that the kernel chose
  ListenSocket duplicate() const;            // Throws std::system_error.

 private:
  int descriptor_;
  std::string mode_;
};

// `count` sockets that share one address (SO_REUSEPORT). Throws std::system_error, for an address in use too: another
// process that shares the port unnoticed is refused.
std::vector<ListenSocket> bind_listeners(const policy::Address& address, std::uint16_t port, const std::string& mode,
                                         std::size_t count);

// Accepts connections for one worker.
// Thread: the worker's.
class Listener {
 public:
  Listener(asio::io_context& context, ListenSocket socket);

  struct Accepted {
    Socket socket;
    asio::ip::tcp::endpoint from;
  };
  // Errors: the system's; no_descriptors() tells the one that goes away by itself.
  Task<std::expected<Accepted, boost::system::error_code>> accept();
  void close();
  const std::string& mode() const noexcept { return mode_; }
  const std::string& name() const noexcept { return name_; }  // "address:port" as bound

  static bool no_descriptors(const boost::system::error_code& error) noexcept;

 private:
  asio::io_context& context_;
  std::string mode_;
  std::string name_;
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor_;
};

}  // namespace sluice::net
