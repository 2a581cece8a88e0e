#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <sys/uio.h>

#include "gateway/base/error.hpp"
#include "gateway/base/task.hpp"
#include "gateway/base/timer_wheel.hpp"

namespace sluice::net {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

// One TCP connection: reads and writes that try first and suspend only when they would block, each direction under a
// deadline. At most one read and one write may be under way at a time.
// Thread: the worker's. Errors: connection_terminated (or client_gone), the kind given with the deadline,
// connection_write_timeout.
class TcpStream {
 public:
  TcpStream(Socket socket, TimerWheel& wheel, Side side);
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  // When reading has not ended by then it fails with `kind`. Holds for every read until changed.
  void limit_reading(milliseconds from_now, ErrorKind kind);
  void limit_reading_until(SteadyTime when, ErrorKind kind);
  void unlimit_reading() noexcept { read_.deadline.disarm(); }
  void limit_writing(milliseconds from_now);  // a new write starts the time anew; 0: none

  Task<Result<std::size_t>> read_some(std::span<char> into);  // 0: the peer has finished sending
  Task<Result<void>> write(std::string_view octets);
  Task<Result<void>> write(std::span<iovec> pieces);  // `pieces` is used up
  Task<Result<void>> wait_readable();
  Task<Result<void>> wait_writable();

  // Without waiting. nullopt: would block.
  std::optional<Result<std::size_t>> try_read(std::span<char> into);
  Result<std::size_t> try_write(std::string_view octets);  // how many were taken, maybe none

  // True when an idle connection can take another request: nothing arrived on it, and it is not closed.
  bool is_quiet() noexcept;

  void shutdown_sending() noexcept;
  void cancel() noexcept;                      // pending operations fail, and all later ones, with `shutting_down`
  void fail_reading(ErrorKind kind) noexcept;  // the same for reading, with `kind`
  void close() noexcept;
  void reset() noexcept;  // close with RST: the peer must not take what it got for complete
  bool is_open() const noexcept { return socket_.is_open(); }
  int descriptor() noexcept { return socket_.native_handle(); }

  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t sent() const noexcept { return sent_; }
  void add_received(std::uint64_t octets) noexcept { received_ += octets; }  // by splice, behind our back
  void add_sent(std::uint64_t octets) noexcept { sent_ += octets; }

 private:
  struct Direction {
    Direction(TcpStream& stream, TimerWheel& wheel, ErrorKind kind);
    static void expire(void* self);

    TcpStream& stream;
    Deadline deadline;
    ErrorKind kind;
    bool expired = false;
  };

  std::unexpected<Error> failure(const Direction& direction, const boost::system::error_code& code,
                                 const char* during) const;
  bool advance(std::span<iovec>& pieces, std::size_t written) noexcept;
  Task<Result<void>> write_rest(std::span<iovec> pieces);

  Socket socket_;
  Side side_;
  Direction read_;
  Direction write_;
  milliseconds write_limit_{0};
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  bool cancelled_ = false;
};

}  // namespace sluice::net
