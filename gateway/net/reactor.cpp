#include "gateway/net/reactor.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>

#include "gateway/net/polled_socket.hpp"

namespace sluice::net {

namespace {

constexpr std::uint32_t kReading = EPOLLIN | EPOLLRDHUP | EPOLLET;

int make_epoll() {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) { throw std::system_error(errno, std::system_category(), "epoll_create1"); }
  return epoll;
}

}  // namespace

Reactor::Reactor(asio::io_context& context) : service(context), epoll_(make_epoll()), descriptor_(context, epoll_) {}

Reactor::~Reactor() = default;

// Whoever waits owns the coroutine that owns the socket: the waiting is taken out of the sockets, so that it ends.
void Reactor::shutdown() {
  for (std::size_t i = 0; i < sockets_.size(); ++i) { sockets_[i]->drop_waiters(); }
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

void Reactor::interrupt() noexcept {
  interrupted_ = true;
  for (auto* socket : sockets_) {
    socket->wake_reader();
    socket->wake_writer();
  }
}

void Reactor::add(PolledSocket& socket) {
  epoll_event event{kReading, {&socket}};
  // It fails only for want of kernel memory: the socket is then never ready, and its deadline ends it.
  [[maybe_unused]] const int added = ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.descriptor(), &event);
  socket.place_ = sockets_.size();
  sockets_.push_back(&socket);
  arm();
}

// Closing the descriptor takes it out of the set; events that were fetched already are not handed out.
void Reactor::forget(PolledSocket& socket) noexcept {
  sockets_.back()->place_ = socket.place_;
  sockets_[socket.place_] = sockets_.back();
  sockets_.pop_back();
  for (auto i = pending_begin_; i < pending_end_; ++i) {
    if (events_[i].data.ptr == &socket) { events_[i].data.ptr = nullptr; }
  }
  std::ranges::replace(unsent_, &socket, nullptr);
  // Without a socket nothing is waited for, so that a context that has nothing else to do ends.
  boost::system::error_code ignored;
  if (sockets_.empty()) { descriptor_.cancel(ignored); }
}

void Reactor::want_writable(PolledSocket& socket) {
  epoll_event event{kReading | EPOLLOUT, {&socket}};
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket.descriptor(), &event);
}

void Reactor::flush_later(PolledSocket& socket) {
  unsent_.push_back(&socket);
  if (in_turn_ || flush_posted_) { return; }
  flush_posted_ = true;
  asio::post(context(), [this] {
    flush_posted_ = false;
    flush();
  });
}

void Reactor::flush() {
  // Sending resumes nobody, so nothing is added or forgotten meanwhile.
  for (auto* socket : unsent_) {
    if (socket != nullptr) { socket->flush(); }
  }
  unsent_.clear();
}

void Reactor::arm() {
  if (std::exchange(armed_, true)) { return; }
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& cancelled) {
    armed_ = false;
    if (!cancelled) { turn(); }
    if (!sockets_.empty()) { arm(); }
  });
}

void Reactor::turn() {
  const int count = ::epoll_wait(epoll_, events_.data(), kEvents, 0);
  in_turn_ = true;
  pending_begin_ = 0;
  pending_end_ = static_cast<std::size_t>(std::max(count, 0));
  // Nobody is resumed here: all that was fetched is there.
  for (std::size_t i = 0; i < pending_end_; ++i) {
    static_cast<PolledSocket*>(events_[i].data.ptr)->note(events_[i].events);
  }
  while (pending_begin_ < pending_end_) {
    const auto place = pending_begin_;
    // Whoever was resumed may have let the socket go, and its event with it.
    if (auto* socket = static_cast<PolledSocket*>(events_[place].data.ptr)) { socket->resume_reader(); }
    if (auto* socket = static_cast<PolledSocket*>(events_[place].data.ptr)) { socket->resume_writer(); }
    ++pending_begin_;
  }
  in_turn_ = false;
  flush();
}

}  // namespace sluice::net
