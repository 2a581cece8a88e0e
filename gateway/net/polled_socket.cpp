#include "gateway/net/polled_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/asio/post.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::net {

namespace {

ssize_t receive_now(int descriptor, std::span<char> into) noexcept {
  for (;;) {
    const auto count = ::recv(descriptor, into.data(), into.size(), MSG_DONTWAIT);
    if (count >= 0 || errno != EINTR) { return count; }
  }
}

}  // namespace

PolledSocket::PolledSocket(Reactor& reactor, int descriptor) : reactor_(reactor), descriptor_(descriptor) {
  if (is_open()) { reactor_.add(*this); }
}

PolledSocket::~PolledSocket() {
  close();
}

void PolledSocket::close() noexcept {
  if (!is_open()) { return; }
  flush();
  reactor_.forget(*this);
  ::close(std::exchange(descriptor_, -1));
  discard_unsent();
  wake_reader();
  wake_writer();
}

// The kernel tells an error once, so it is kept too; the end is there to be found again.
void PolledSocket::receive_ahead() noexcept {
  const auto count = receive_now(descriptor_, offered_);
  offered_ = offered_.first(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  has_received_ahead_ = count > 0;
  error_ahead_ = count < 0 && errno != EAGAIN && errno != EWOULDBLOCK ? errno : 0;
}

ssize_t PolledSocket::receive(std::span<char> into) noexcept {
  if (error_ahead_ != 0) {
    errno = std::exchange(error_ahead_, 0);
    return -1;
  }
  if (!has_received_ahead_) { return receive_now(descriptor_, into); }
  const auto count = std::min(into.size(), offered_.size());
  const bool is_elsewhere = into.data() != offered_.data();
  if (is_elsewhere) { std::memcpy(into.data(), offered_.data(), count); }
  offered_ = offered_.subspan(count);
  has_received_ahead_ = !offered_.empty();
  // A read that comes back short tells that the kernel has no more, and it may have.
  const auto more = is_elsewhere && count < into.size() ? receive_now(descriptor_, into.subspan(count)) : 0;
  return static_cast<ssize_t>(count) + std::max<ssize_t>(more, 0);
}

void PolledSocket::note_full() {
  full_ = true;
  if (!std::exchange(asked_writable_, true)) { reactor_.want_writable(*this); }
}

Task<> PolledSocket::wait(std::optional<Waiter>& waiter) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [&waiter](auto handler) { waiter.emplace(std::move(handler)); }, use_task);
}

Task<> PolledSocket::readable(std::span<char> into) {
  offered_ = into;
  return wait(reader_);
}

// Not resumed here: the caller may be in the middle of something that the coroutine would change.
void PolledSocket::wake(std::optional<Waiter>& waiter) {
  if (!waiter) { return; }
  auto handler = std::move(*waiter);
  waiter.reset();
  asio::post(reactor_.context(), std::move(handler));
}

void PolledSocket::resume(std::optional<Waiter>& waiter) {
  if (!waiter) { return; }
  auto handler = std::move(*waiter);
  waiter.reset();
  handler();
}

void PolledSocket::note(std::uint32_t events) {
  constexpr std::uint32_t kFinished = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if ((events & (EPOLLIN | kFinished)) != 0) { readable_ = true; }
  if ((events & kFinished) != 0) { peer_finished_ = true; }
  if ((events & EPOLLHUP) != 0) { hung_up_ = true; }
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) { full_ = false; }
  if (!full_ && unsent() > 0) { flush(); }
  if (is_readable() && reader_ && !offered_.empty()) { receive_ahead(); }
}

void PolledSocket::resume_reader() {
  if (!is_readable()) { return; }
  if (reader_) { return resume(reader_); }
  if (watcher_ != nullptr) { watcher_->wake_reader(); }
}

void PolledSocket::resume_writer() {
  if (!full_) { resume(writer_); }
}

void PolledSocket::drop_waiters() {
  // Moved out first: what they own may own this socket.
  const auto reader = std::exchange(reader_, std::nullopt);
  const auto writer = std::exchange(writer_, std::nullopt);
}

void PolledSocket::send_later(std::string& octets) {
  const bool was_empty = outbox_.empty();
  if (was_empty) {
    outbox_.swap(octets);
  } else {
    outbox_ += octets;
  }
  octets.clear();
  if (was_empty && unsent() > 0) { reactor_.flush_later(*this); }
}

void PolledSocket::discard_unsent() noexcept {
  outbox_sent_ = 0;
  outbox_.clear();
}

bool PolledSocket::flush() {
  if (unsent() == 0) { return true; }
  while (outbox_sent_ < outbox_.size()) {
    const auto count =
        ::send(descriptor_, outbox_.data() + outbox_sent_, outbox_.size() - outbox_sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      outbox_sent_ += static_cast<std::size_t>(count);
      continue;
    }
    if (errno == EINTR) { continue; }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      note_full();
      return false;
    }
    send_error_ = errno;
    break;
  }
  discard_unsent();
  if (outbox_.capacity() > kKeptCapacity) { std::string().swap(outbox_); }
  return true;
}

}  // namespace sluice::net
