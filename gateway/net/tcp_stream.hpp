#pragma once

#include <cstdint>

#include <boost/asio/ip/tcp.hpp>

#include "gateway/base/descriptor.hpp"
#include "gateway/base/timer_wheel.hpp"
#include "gateway/net/polled_socket.hpp"
#include "gateway/net/stream.hpp"

namespace sluice::net {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

// One TCP connection: reads and writes that try first and suspend only when they would block, each direction under a
// deadline. Errors: connection_terminated (or client_gone), the kind given with the deadline,
// connection_write_timeout.
class TcpStream final : public Stream {
 public:
  TcpStream(Socket socket, TimerWheel& wheel, Side side);
  // Takes over a non-blocking socket, connected or being connected.
  TcpStream(asio::io_context& context, Descriptor socket, TimerWheel& wheel, Side side);
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  void limit_reading_until(SteadyTime when, ErrorKind kind) override;
  void unlimit_reading() noexcept { read_.deadline.disarm(); }
  void limit_writing(milliseconds from_now) override;

  using Stream::write;
  Task<Result<void>> write(std::span<iovec> pieces, bool more_follows = false) override;
  // REQUIRES: the file has these octets.
  Task<Result<void>> send_file(int file, std::int64_t offset, std::size_t size);
  Task<Result<void>> wait_readable();
  Task<Result<void>> wait_writable();
  // Holds back what would be written now, in place of a write. It ends late by a tick of the wheel or two; early, with
  // an error, when the stream is cancelled or the peer resets. The limit on writing does not run meanwhile.
  Task<Result<void>> rest_until(SteadyTime when);

  std::optional<Result<std::size_t>> try_read(std::span<char> into) override;
  Task<> until_readable(std::span<char> into = {}) override;
  // No longer than until `other` has something to read as well, be it its end: is_quiet() tells, and it stays unread.
  // REQUIRES: nobody else reads from the two.
  Task<> until_either_readable(TcpStream& other);
  Result<std::size_t> try_write(std::string_view octets);  // how many were taken, maybe none

  // Leaves octets to be sent at the end of the event loop's turn, ahead of whatever is written later; `octets` is empty
  // afterwards. What goes wrong shows in the next read.
  void write_later(std::string& octets);
  // False when so many octets are not to be left: the peer does not keep up, or has gone. write() waits, or tells.
  bool may_write_later(std::size_t octets) const noexcept;
  std::size_t unsent() const noexcept { return socket_.unsent(); }
  Task<Result<void>> drain();  // until all that was left is sent

  // True when an idle connection can take another request: as of this turn of the event loop nothing arrived on it, and
  // it is not closed.
  bool is_quiet() noexcept;

  Task<> pause();  // lets the others of this worker have their turn

  // For whoever moves octets past this class, by splice: what the kernel said of the descriptor.
  void note_drained() noexcept { socket_.note_drained(); }
  void note_full() { socket_.note_full(); }

  void shutdown_sending() noexcept;
  void cancel() noexcept override;
  void fail_reading(ErrorKind kind) noexcept;  // the same for reading, with `kind`
  void close() noexcept override;
  void reset() noexcept;  // close with RST: the peer must not take what it got for complete
  bool is_open() const noexcept { return socket_.is_open(); }
  bool has_hung_up() const noexcept { return socket_.has_hung_up(); }  // neither side sends any more, or it was reset
  int descriptor() const noexcept { return socket_.descriptor(); }

  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t sent() const noexcept { return sent_; }
  void add_received(std::uint64_t octets) noexcept { received_ += octets; }  // by splice, behind our back
  void add_sent(std::uint64_t octets) noexcept { sent_ += octets; }

 private:
  struct Direction {
    Deadline deadline;
    ErrorKind kind;
    bool expired = false;
  };
  static constexpr std::size_t kMostUnsent = 64 * 1024;
  static constexpr int kBurst = 16;  // reads in a row before others have their turn

  static void expire_reading(void* stream);
  static void expire_writing(void* stream);

  std::unexpected<Error> failure(const Direction& direction, int code, const char* during) const;
  bool is_stopped(const Direction& direction) const noexcept {
    return direction.expired || is_cancelled() || !socket_.is_open();
  }
  bool is_cancelled() const noexcept { return cancelled_ || socket_.is_interrupted(); }
  bool advance(std::span<iovec>& pieces, std::size_t written) noexcept;
  Result<std::size_t> send_now(std::span<const iovec> pieces, std::size_t size, int flags = 0);

  asio::io_context& context_;
  PolledSocket socket_;
  Side side_;
  Direction read_;
  Direction write_;
  milliseconds write_limit_{0};
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  bool cancelled_ = false;
  int burst_ = 0;
};

}  // namespace sluice::net
