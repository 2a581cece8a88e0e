#pragma once

#include <array>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <sys/epoll.h>

#include "gateway/base/task.hpp"

namespace sluice::net {

class PolledSocket;

// Tells the sockets of one context when they are ready: an edge-triggered epoll set of our own, which Asio waits for as
// one descriptor. A turn hands out all that is ready, and ends with sending what was put into outboxes meanwhile.
// Why this beside Asio's reactor: docs/decisions/0007.
// Thread: the context's. Lifetime: a service of its context, made at first use.
class Reactor final : public asio::io_context::service {
 public:
  static inline asio::io_context::id id;
  static Reactor& of(asio::io_context& context) { return asio::use_service<Reactor>(context); }

  // Throws std::system_error when there is no descriptor left.
  explicit Reactor(asio::io_context& context);
  ~Reactor() override;

  asio::io_context& context() noexcept { return get_io_context(); }

  // Everything that waits for a socket of this context, or will, fails with `shutting_down`.
  void interrupt() noexcept;
  bool is_interrupted() const noexcept { return interrupted_; }

 private:
  friend class PolledSocket;
  static constexpr std::size_t kEvents = 128;  // of one turn

  void add(PolledSocket& socket);
  void forget(PolledSocket& socket) noexcept;
  void want_writable(PolledSocket& socket);
  void flush_later(PolledSocket& socket);

  void shutdown() override;
  void arm();
  void turn();
  void flush();

  int epoll_;
  asio::posix::basic_stream_descriptor<Executor> descriptor_;
  std::vector<PolledSocket*> sockets_;  // each knows its place
  std::array<epoll_event, kEvents> events_;
  std::size_t pending_begin_ = 0;  // events of this turn that were not handed out yet
  std::size_t pending_end_ = 0;
  std::vector<PolledSocket*> unsent_;  // with something in the outbox; null: gone meanwhile
  bool interrupted_ = false;
  bool armed_ = false;
  bool in_turn_ = false;
  bool flush_posted_ = false;
};

}  // namespace sluice::net
