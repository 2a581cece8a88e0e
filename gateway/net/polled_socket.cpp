#include "gateway/net/polled_socket.hpp"

#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::net {

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

void PolledSocket::note_full() {
  full_ = true;
  if (!std::exchange(asked_writable_, true)) { reactor_.want_writable(*this); }
}

Task<> PolledSocket::wait(std::optional<Waiter>& waiter) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [&waiter](auto handler) { waiter.emplace(std::move(handler)); }, use_task);
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
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) { full_ = false; }
  if (!full_ && unsent() > 0) { flush(); }
}

void PolledSocket::resume_reader() {
  if (is_readable()) { resume(reader_); }
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
