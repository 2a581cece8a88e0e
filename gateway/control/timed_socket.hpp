#pragma once

#include <memory>

#include <boost/asio/basic_stream_socket.hpp>

#include "gateway/base/clock.hpp"
#include "gateway/base/task.hpp"
#include "gateway/base/timer.hpp"

namespace sluice::control {

// A connection of the control plane with a limit on what it does now: the socket is closed when the limit is reached,
// and whatever waits on it ends with an error. Few and slow, so each has a timer of its own. Thread: one. Lifetime:
// shared by the coroutine that serves it and its timer.
template <typename Protocol>
class TimedSocket : public std::enable_shared_from_this<TimedSocket<Protocol>> {
 public:
  using Socket = asio::basic_stream_socket<Protocol, Executor>;

  explicit TimedSocket(Socket socket)
      : socket_(std::move(socket)), limit_(socket_.get_executor()), pause_(socket_.get_executor()) {}

  Socket& socket() noexcept { return socket_; }

  // Closes the socket unless called again, or lifted, by then.
  void limit(milliseconds time) {
    limit_.expires_after(time);
    limit_.async_wait([self = this->shared_from_this()](const boost::system::error_code& ended) {
      // A wait that had ended already cannot be cancelled any more; the time says whether it still counts.
      if (!ended && self->limit_.expiry() <= std::chrono::steady_clock::now()) { self->close(); }
    });
  }
  void lift() { limit_.expires_at(SteadyTime::max()); }

  // Ends early when the socket is closed.
  Task<> pause(milliseconds time) {
    boost::system::error_code ended;
    pause_.expires_after(time);
    co_await pause_.async_wait(asio::redirect_error(use_task, ended));
  }

  bool is_open() const noexcept { return socket_.is_open(); }
  void close() {
    boost::system::error_code ignored;  // it is closed whatever the system says
    socket_.close(ignored);
    lift();
    pause_.cancel();
  }

 private:
  Socket socket_;
  Timer limit_;
  Timer pause_;
};

}  // namespace sluice::control
