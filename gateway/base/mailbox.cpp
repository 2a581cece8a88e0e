#include "gateway/base/mailbox.hpp"

#include <cerrno>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace sluice {

namespace {

int make_event() {
  const int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event < 0) { throw std::system_error(errno, std::system_category(), "eventfd"); }
  return event;
}

}  // namespace

Mailbox::Mailbox(asio::io_context& context) : event_(make_event()), descriptor_(std::in_place, context, event_) {}

Mailbox::~Mailbox() = default;

// Written to under the lock, because close() gives the descriptor's number back to the system.
void Mailbox::post(Function function) {
  const std::lock_guard lock(mutex_);
  if (closed_) { return; }
  const bool was_empty = waiting_.empty();
  waiting_.push_back(std::move(function));
  if (was_empty) {
    // The counter of an eventfd cannot overflow with one write per drained batch, so this write cannot fail.
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);
  }
}

Task<> Mailbox::run() {
  while (descriptor_) {
    boost::system::error_code failed;
    co_await descriptor_->async_wait(asio::posix::descriptor_base::wait_read, asio::redirect_error(use_task, failed));
    if (failed) { co_return; }
    drain();
  }
}

void Mailbox::close() {
  std::vector<Function> dropped;  // destroyed without the lock: what they hold may post when it goes
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(waiting_);
  }
  descriptor_.reset();
}

void Mailbox::drain() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(event_, &count, sizeof count);
  {
    const std::lock_guard lock(mutex_);
    running_.swap(waiting_);
  }
  for (auto& function : running_) { function(); }
  running_.clear();
}

}  // namespace sluice
