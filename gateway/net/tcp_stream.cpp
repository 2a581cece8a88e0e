#include "gateway/net/tcp_stream.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace sluice::net {

using boost::system::error_code;

namespace {

bool would_block(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK;
}

error_code system_error(int error) {
  return {error, boost::system::system_category()};
}

}  // namespace

TcpStream::Direction::Direction(TcpStream& owner, TimerWheel& wheel, ErrorKind kind_then)
    : stream(owner), deadline(wheel, &Direction::expire, this), kind(kind_then) {}

// Cancelling ends the operations of both directions; the one that did not expire simply tries again.
void TcpStream::Direction::expire(void* self) {
  auto& direction = *static_cast<Direction*>(self);
  direction.expired = true;
  error_code ignored;
  direction.stream.socket_.cancel(ignored);
}

TcpStream::TcpStream(Socket socket, TimerWheel& wheel, Side side)
    : socket_(std::move(socket)),
      side_(side),
      read_(*this, wheel, ErrorKind::connection_read_timeout),
      write_(*this, wheel, ErrorKind::connection_write_timeout) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
}

void TcpStream::limit_reading(milliseconds from_now, ErrorKind kind) {
  limit_reading_until(coarse_now() + from_now, kind);
}

void TcpStream::limit_reading_until(SteadyTime when, ErrorKind kind) {
  read_.kind = kind;
  read_.expired = false;
  read_.deadline.arm_at(when);
}

void TcpStream::limit_writing(milliseconds from_now) {
  write_limit_ = from_now;
}

std::unexpected<Error> TcpStream::failure(const Direction& direction, const error_code& code,
                                          const char* during) const {
  if (direction.expired) { return fail(direction.kind, side_, during); }
  if (cancelled_) { return fail(ErrorKind::shutting_down, side_, during); }
  const auto kind = side_ == Side::client ? ErrorKind::client_gone : ErrorKind::connection_terminated;
  return fail(kind, side_, during, code.value());
}

Task<Result<std::size_t>> TcpStream::read_some(std::span<char> into) {
  for (;;) {
    if (read_.expired || cancelled_) { co_return failure(read_, {}, "reading"); }
    error_code failed;
    const auto count = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()),
                                                        asio::redirect_error(use_task, failed));
    if (!failed) {
      received_ += count;
      co_return count;
    }
    if (failed == asio::error::eof) { co_return std::size_t{0}; }
    if (failed == asio::error::operation_aborted && !read_.expired && !cancelled_ && socket_.is_open()) { continue; }
    co_return failure(read_, failed, "reading");
  }
}

std::optional<Result<std::size_t>> TcpStream::try_read(std::span<char> into) {
  const auto count = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  if (count >= 0) {
    received_ += static_cast<std::size_t>(count);
    return Result<std::size_t>(static_cast<std::size_t>(count));
  }
  if (would_block(errno) || errno == EINTR) { return std::nullopt; }
  return Result<std::size_t>(failure(read_, system_error(errno), "reading"));
}

Result<std::size_t> TcpStream::try_write(std::string_view octets) {
  const auto count = ::send(socket_.native_handle(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) {
    sent_ += static_cast<std::size_t>(count);
    return static_cast<std::size_t>(count);
  }
  if (would_block(errno) || errno == EINTR) { return std::size_t{0}; }
  return failure(write_, system_error(errno), "writing");
}

Task<Result<void>> TcpStream::write(std::string_view octets) {
  if (cancelled_) { co_return failure(write_, {}, "writing"); }
  const auto written = try_write(octets);
  if (!written) { co_return std::unexpected(written.error()); }
  if (*written == octets.size()) { co_return Result<void>{}; }
  octets.remove_prefix(*written);
  iovec piece{const_cast<char*>(octets.data()), octets.size()};
  co_return co_await write_rest(std::span(&piece, 1));
}

// Moves the front of `pieces` behind what was written; true when all of it was.
bool TcpStream::advance(std::span<iovec>& pieces, std::size_t written) noexcept {
  sent_ += written;
  while (!pieces.empty() && written >= pieces.front().iov_len) {
    written -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (pieces.empty()) { return true; }
  pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + written;
  pieces.front().iov_len -= written;
  return false;
}

Task<Result<void>> TcpStream::write(std::span<iovec> pieces) {
  if (cancelled_) { co_return failure(write_, {}, "writing"); }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const auto count = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && !would_block(errno) && errno != EINTR) { co_return failure(write_, system_error(errno), "writing"); }
  if (advance(pieces, count < 0 ? 0 : static_cast<std::size_t>(count))) { co_return Result<void>{}; }
  co_return co_await write_rest(pieces);
}

Task<Result<void>> TcpStream::write_rest(std::span<iovec> pieces) {
  for (;;) {
    const auto ready = co_await wait_writable();
    if (!ready) { co_return std::unexpected(ready.error()); }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const auto count = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && !would_block(errno) && errno != EINTR) {
      co_return failure(write_, system_error(errno), "writing");
    }
    if (advance(pieces, count < 0 ? 0 : static_cast<std::size_t>(count))) { co_return Result<void>{}; }
  }
}

Task<Result<void>> TcpStream::wait_readable() {
  for (;;) {
    if (read_.expired || cancelled_) { co_return failure(read_, {}, "reading"); }
    error_code failed;
    co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(use_task, failed));
    if (!failed) { co_return Result<void>{}; }
    if (failed == asio::error::operation_aborted && !read_.expired && !cancelled_ && socket_.is_open()) { continue; }
    co_return failure(read_, failed, "reading");
  }
}

Task<Result<void>> TcpStream::wait_writable() {
  if (write_limit_.count() > 0) {
    write_.expired = false;
    write_.deadline.arm(write_limit_);
  }
  for (;;) {
    if (write_.expired || cancelled_) { co_return failure(write_, {}, "writing"); }
    error_code failed;
    co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(use_task, failed));
    if (!failed) {
      write_.deadline.disarm();
      co_return Result<void>{};
    }
    if (failed == asio::error::operation_aborted && !write_.expired && !cancelled_ && socket_.is_open()) { continue; }
    co_return failure(write_, failed, "writing");
  }
}

bool TcpStream::is_quiet() noexcept {
  char octet = 0;
  const auto count = ::recv(socket_.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && would_block(errno);
}

void TcpStream::shutdown_sending() noexcept {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void TcpStream::cancel() noexcept {
  cancelled_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void TcpStream::fail_reading(ErrorKind kind) noexcept {
  read_.kind = kind;
  read_.expired = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void TcpStream::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
}

void TcpStream::reset() noexcept {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace sluice::net
