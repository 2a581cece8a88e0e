#include "gateway/net/tcp_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>
#include <sys/sendfile.h>
#include <sys/socket.h>

namespace sluice::net {

namespace {

bool would_block(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK;
}

// A system call that a signal interrupted is made again.
template <typename Call>
ssize_t uninterrupted(Call call) {
  ssize_t count = 0;
  do { count = call(); } while (count < 0 && errno == EINTR);
  return count;
}

// Asio lets go of the descriptor.
Descriptor released(Socket& socket) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  return Descriptor(socket.release(ignored));
}

}  // namespace

TcpStream::TcpStream(Socket socket, TimerWheel& wheel, Side side)
    : TcpStream(socket.get_executor().context(), released(socket), wheel, side) {}

TcpStream::TcpStream(asio::io_context& context, Descriptor socket, TimerWheel& wheel, Side side)
    : context_(context),
      socket_(Reactor::of(context), socket.release()),
      side_(side),
      read_{Deadline(wheel, &TcpStream::expire_reading, this), ErrorKind::connection_read_timeout},
      write_{Deadline(wheel, &TcpStream::expire_writing, this), ErrorKind::connection_write_timeout} {}

void TcpStream::expire_reading(void* stream) {
  auto& self = *static_cast<TcpStream*>(stream);
  self.read_.expired = true;
  self.socket_.wake_reader();
}

void TcpStream::expire_writing(void* stream) {
  auto& self = *static_cast<TcpStream*>(stream);
  self.write_.expired = true;
  self.socket_.wake_writer();
}

void TcpStream::limit_reading_until(SteadyTime when, ErrorKind kind) {
  read_.kind = kind;
  read_.expired = false;
  read_.deadline.arm_at(when);
}

void TcpStream::limit_writing(milliseconds from_now) {
  write_limit_ = from_now;
}

std::unexpected<Error> TcpStream::failure(const Direction& direction, int code, const char* during) const {
  if (direction.expired) { return fail(direction.kind, side_, during); }
  if (is_cancelled()) { return fail(ErrorKind::shutting_down, side_, during); }
  const auto kind = side_ == Side::client ? ErrorKind::client_gone : ErrorKind::connection_terminated;
  return fail(kind, side_, during, code);
}

Task<> TcpStream::pause() {
  burst_ = 0;
  co_await asio::post(context_, use_task);
}

Task<> TcpStream::until_readable(std::span<char> into) {
  return burst_ == kBurst ? pause() : socket_.readable(into);
}

Task<> TcpStream::until_either_readable(TcpStream& other) {
  if (!other.is_quiet()) { co_return; }
  const PolledSocket::Watch watch(other.socket_, socket_);
  co_await until_readable();
}

std::optional<Result<std::size_t>> TcpStream::try_read(std::span<char> into) {
  if (is_stopped(read_)) { return Result<std::size_t>(failure(read_, 0, "reading")); }
  if (burst_ == kBurst) { return std::nullopt; }
  if (!socket_.is_readable()) {
    burst_ = 0;
    return std::nullopt;
  }
  const auto count = socket_.receive(into);
  if (count < 0 && would_block(errno)) {
    socket_.note_drained();
    return std::nullopt;
  }
  if (count < 0) { return Result<std::size_t>(failure(read_, errno, "reading")); }
  const auto octets = static_cast<std::size_t>(count);
  if (octets < into.size()) { socket_.note_drained(); }
  ++burst_;
  received_ += octets;
  return Result<std::size_t>(octets);
}

// How many octets of `pieces` the kernel took, maybe none. REQUIRES: the outbox is empty.
Result<std::size_t> TcpStream::send_now(std::span<const iovec> pieces, std::size_t size, int flags) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  const auto count =
      uninterrupted([&] { return ::sendmsg(socket_.descriptor(), &message, MSG_NOSIGNAL | MSG_DONTWAIT | flags); });
  if (count < 0 && !would_block(errno)) { return failure(write_, errno, "writing"); }
  const auto taken = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  if (taken < size) { socket_.note_full(); }
  sent_ += taken;
  return taken;
}

Result<std::size_t> TcpStream::try_write(std::string_view octets) {
  if (is_cancelled()) { return failure(write_, 0, "writing"); }
  if (!socket_.flush()) { return std::size_t{0}; }
  const iovec piece{const_cast<char*>(octets.data()), octets.size()};
  return send_now(std::span(&piece, 1), octets.size());
}

// Moves the front of `pieces` behind what was written; true when all of it was.
bool TcpStream::advance(std::span<iovec>& pieces, std::size_t written) noexcept {
  while (!pieces.empty() && written >= pieces.front().iov_len) {
    written -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (pieces.empty()) { return true; }
  pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + written;
  pieces.front().iov_len -= written;
  return false;
}

Task<Result<void>> TcpStream::write(std::span<iovec> pieces, bool more_follows) {
  if (!socket_.flush()) {
    const auto drained = co_await drain();
    if (!drained) { co_return drained; }
  }
  for (;;) {
    if (is_cancelled() || socket_.send_error() != 0) { co_return failure(write_, socket_.send_error(), "writing"); }
    std::size_t size = 0;
    for (const auto& piece : pieces) { size += piece.iov_len; }
    const auto taken = send_now(pieces, size, more_follows ? MSG_MORE : 0);
    if (!taken) { co_return std::unexpected(taken.error()); }
    if (advance(pieces, *taken)) { co_return Result<void>{}; }
    const auto ready = co_await wait_writable();
    if (!ready) { co_return ready; }
  }
}

Task<Result<void>> TcpStream::send_file(int file, std::int64_t offset, std::size_t size) {
  if (!socket_.flush()) {
    const auto drained = co_await drain();
    if (!drained) { co_return drained; }
  }
  while (size > 0) {
    if (is_cancelled() || socket_.send_error() != 0) { co_return failure(write_, socket_.send_error(), "writing"); }
    const auto count = uninterrupted([&] { return ::sendfile(socket_.descriptor(), file, &offset, size); });
    if (count == 0) { co_return fail(ErrorKind::proxy_internal_error, Side::gateway, "sending a file that is short"); }
    if (count > 0) {
      sent_ += static_cast<std::size_t>(count);
      size -= static_cast<std::size_t>(count);
      continue;
    }
    if (!would_block(errno)) { co_return failure(write_, errno, "writing"); }
    socket_.note_full();
    const auto ready = co_await wait_writable();
    if (!ready) { co_return ready; }
  }
  co_return Result<void>{};
}

bool TcpStream::may_write_later(std::size_t octets) const noexcept {
  const bool keeps_up = !socket_.is_full() && socket_.unsent() + octets <= kMostUnsent;
  return keeps_up && !is_stopped(write_) && socket_.send_error() == 0;
}

void TcpStream::write_later(std::string& octets) {
  sent_ += octets.size();
  socket_.send_later(octets);
}

Task<Result<void>> TcpStream::drain() {
  while (!socket_.flush()) {
    const auto ready = co_await wait_writable();
    if (!ready) { co_return ready; }
  }
  if (socket_.send_error() != 0) { co_return failure(write_, socket_.send_error(), "writing"); }
  co_return Result<void>{};
}

Task<Result<void>> TcpStream::wait_readable() {
  for (;;) {
    if (is_stopped(read_)) { co_return failure(read_, 0, "reading"); }
    if (burst_ < kBurst && socket_.is_readable()) { co_return Result<void>{}; }
    co_await until_readable();
  }
}

Task<Result<void>> TcpStream::wait_writable() {
  if (write_limit_.count() > 0) {
    write_.expired = false;
    write_.deadline.arm(write_limit_);
  }
  for (;;) {
    if (is_stopped(write_)) { co_return failure(write_, 0, "writing"); }
    if (!socket_.is_full()) {
      write_.deadline.disarm();
      co_return Result<void>{};
    }
    co_await socket_.writable();
  }
}

Task<Result<void>> TcpStream::rest_until(SteadyTime when) {
  write_.expired = false;
  write_.deadline.arm_at(when);
  for (;;) {
    const bool is_over = std::exchange(write_.expired, false);
    if (is_cancelled() || !socket_.is_open()) { co_return failure(write_, 0, "resting"); }
    if (socket_.has_hung_up()) { co_return failure(write_, ECONNRESET, "resting"); }
    if (is_over) { co_return Result<void>{}; }
    co_await socket_.writable();
  }
}

bool TcpStream::is_quiet() noexcept {
  if (!socket_.is_open() || !socket_.is_readable()) { return socket_.is_open(); }
  // A read that filled its buffer to the last octet leaves open whether there is more.
  char octet = 0;
  return ::recv(socket_.descriptor(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && would_block(errno);
}

void TcpStream::shutdown_sending() noexcept {
  socket_.flush();
  ::shutdown(socket_.descriptor(), SHUT_WR);
}

void TcpStream::cancel() noexcept {
  cancelled_ = true;
  socket_.wake_reader();
  socket_.wake_writer();
}

void TcpStream::fail_reading(ErrorKind kind) noexcept {
  read_.kind = kind;
  read_.expired = true;
  socket_.wake_reader();
}

void TcpStream::close() noexcept {
  socket_.close();
}

void TcpStream::reset() noexcept {
  const linger at_once{1, 0};
  ::setsockopt(socket_.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_.discard_unsent();
  socket_.close();
}

}  // namespace sluice::net
