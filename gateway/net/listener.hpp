#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "gateway/base/descriptor.hpp"
#include "gateway/base/task.hpp"
#include "gateway/net/polled_socket.hpp"
#include "policy/address.hpp"

namespace sluice::net {

// A listening socket that was bound and is not being served yet. Closes what it still owns.
class ListenSocket {
 public:
  ListenSocket(int descriptor, std::string mode) : descriptor_(descriptor), mode_(std::move(mode)) {}

  int release() noexcept { return descriptor_.release(); }
  const std::string& mode() const noexcept { return mode_; }
  asio::ip::tcp::endpoint endpoint() const;  // as bound: with the port that the kernel chose
  ListenSocket duplicate() const;            // Throws std::system_error.

 private:
  Descriptor descriptor_;
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
    Descriptor socket;  // non-blocking, TCP_NODELAY is set
    asio::ip::tcp::endpoint from;
  };
  // Errors: the system's, operation_aborted once it was closed.
  Task<std::expected<Accepted, boost::system::error_code>> accept();
  void close() { socket_.close(); }
  const std::string& mode() const noexcept { return mode_; }
  const std::string& name() const noexcept { return name_; }  // "address:port" as bound

 private:
  static constexpr int kBurst = 16;  // accepted in a row before others have their turn

  asio::io_context& context_;
  std::string mode_;
  std::string name_;
  PolledSocket socket_;
  int burst_ = 0;
};

}  // namespace sluice::net
