#pragma once

#include <expected>
#include <memory>
#include <string>

#include <boost/asio/local/stream_protocol.hpp>

#include "gateway/control/protocol.hpp"
#include "gateway/control/timed_socket.hpp"

namespace sluice::control {

// A connection of the control socket: lines in, lines out.
// Thread: one.
class ControlPeer {
 public:
  using Stream = TimedSocket<asio::local::stream_protocol>;

  static constexpr milliseconds kIdle{60'000};  // for a request to arrive whole, and for a reply to be taken

  ControlPeer(std::shared_ptr<Stream> stream, uid_t user) : stream_(std::move(stream)), user_(user) {}

  uid_t user() const noexcept { return user_; }
  Stream& stream() noexcept { return *stream_; }

  enum class End : std::uint8_t {
    closed,    // by the peer between two requests, by us, or because of the limit
    cut,       // by the peer in the middle of a request
    too_long,  // kLongestRequest
  };
  // The next request, without its line feed.
  Task<std::expected<std::string, End>> read_line();

  // False when the peer has gone, or takes nothing.
  Task<bool> write(std::string lines);

  // Has the peer of a stream of replies closed? What it still sends is dropped.
  bool has_gone();

 private:
  std::shared_ptr<Stream> stream_;
  uid_t user_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of the next line in the buffer
  std::size_t scanned_ = 0;  // no line feed ahead of here
};

}  // namespace sluice::control
