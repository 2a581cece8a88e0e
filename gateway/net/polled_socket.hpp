#pragma once

#include <optional>
#include <span>
#include <string>

#include <boost/asio/async_result.hpp>

#include "gateway/net/reactor.hpp"

namespace sluice::net {

// A non-blocking socket in the reactor's set. It remembers what the kernel said last: the peer has something to read
// until a read came back short, and takes octets until a write did.
// Owns the descriptor. At most one coroutine waits for each direction. Thread: the reactor's.
class PolledSocket {
 public:
  PolledSocket(Reactor& reactor, int descriptor);
  ~PolledSocket();
  PolledSocket(const PolledSocket&) = delete;
  PolledSocket& operator=(const PolledSocket&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  bool is_open() const noexcept { return descriptor_ >= 0; }
  bool is_interrupted() const noexcept { return reactor_.is_interrupted(); }
  void close() noexcept;  // whoever waits is woken

  // True when a read may bring something, be it the end.
  bool is_readable() const noexcept { return readable_ || peer_finished_; }
  // recv(2) without waiting; what was received ahead comes first.
  ssize_t receive(std::span<char> into) noexcept;
  // A read came back short or empty.
  void note_drained() noexcept { readable_ = false; }
  // A write came back short or empty.
  void note_full();

  // Until the kernel says that there is something to read, or room to write; or until woken. When a reader says where
  // it will read to, the reactor receives for all that wait so ahead of resuming the first of a turn. `into` must stay
  // until what is in it was taken by receive().
  Task<> readable(std::span<char> into = {});
  Task<> writable() { return wait(writer_); }
  // As long as it lives, whoever waits to read from `waiting` is woken when `watched` is readable as well. REQUIRES:
  // nobody waits to read from `watched`, nor watches it.
  class Watch {
   public:
    Watch(PolledSocket& watched, PolledSocket& waiting) : watched_(watched) { watched_.watcher_ = &waiting; }
    ~Watch() { watched_.watcher_ = nullptr; }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    PolledSocket& watched_;
  };

  // Whoever waits goes on, from the event loop, ready or not.
  void wake_reader() { wake(reader_); }
  void wake_writer() { wake(writer_); }

  // Leaves `octets` to be sent at the end of the turn, behind what is waiting there; `octets` is empty afterwards.
  // An error shows as `send_error`, and as the peer's end when reading.
  void send_later(std::string& octets);
  std::size_t unsent() const noexcept { return outbox_.size() - outbox_sent_; }
  bool is_full() const noexcept { return full_; }
  int send_error() const noexcept { return send_error_; }
  bool has_hung_up() const noexcept { return hung_up_; }  // by reset, or since both sides have finished
  void discard_unsent() noexcept;
  // Sends what is in the outbox now; true when nothing is left in it.
  bool flush();

 private:
  friend class Reactor;
  using Waiter = asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;

  static constexpr std::size_t kKeptCapacity = 4096;  // of the outbox of a socket that is idle

  Task<> wait(std::optional<Waiter>& waiter);
  void wake(std::optional<Waiter>& waiter);
  static void resume(std::optional<Waiter>& waiter);
  void receive_ahead() noexcept;

  // By the reactor.
  void note(std::uint32_t events);
  void resume_reader();
  void resume_writer();
  void drop_waiters();

  Reactor& reactor_;
  int descriptor_;
  std::size_t place_ = 0;  // in the reactor's list
  bool readable_ = false;
  bool peer_finished_ = false;
  bool full_ = false;
  bool hung_up_ = false;
  bool asked_writable_ = false;
  int send_error_ = 0;
  std::size_t outbox_sent_ = 0;
  std::string outbox_;
  std::span<char> offered_;  // by the reader that waits; then what was received ahead
  bool has_received_ahead_ = false;
  int error_ahead_ = 0;
  std::optional<Waiter> reader_;
  std::optional<Waiter> writer_;
  PolledSocket* watcher_ = nullptr;
};

}  // namespace sluice::net
