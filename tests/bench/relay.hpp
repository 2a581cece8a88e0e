#pragma once

#include <memory>
#include <vector>

#include "tests/bench/sockets.hpp"

namespace bench {

// Octets on their way from one socket to the other, through a buffer or through a pipe in the kernel.
class Direction {
 public:
  Direction(int from, int to, bool splicing) : from_(from), to_(to) {
    if (splicing) { must(pipe2(pipe_, O_NONBLOCK | O_CLOEXEC), "pipe2"); }
  }
  ~Direction() {
    if (pipe_[0] >= 0) {
      close(pipe_[0]);
      close(pipe_[1]);
    }
  }
  Direction(const Direction&) = delete;
  Direction& operator=(const Direction&) = delete;

  // Moves what can be moved. False when the connection is broken.
  bool move() { return pipe_[0] >= 0 ? move_spliced() : move_copied(); }

  void note_peer_closed() { peer_closed_ = true; }
  bool is_ended() const { return ended_ && pending_ == 0; }

 private:
  static constexpr std::size_t kBlock = 65536;

  bool move_copied() {
    for (;;) {
      const bool is_fresh = pending_ == 0;
      if (is_fresh) {
        if (ended_) { return true; }
        if (buffer_.empty()) { buffer_.resize(kBlock); }
        const ssize_t got = recv(from_, buffer_.data(), kBlock, 0);
        if (got < 0) { return would_block(); }
        if (got == 0) { return end(); }
        pending_ = static_cast<std::size_t>(got);
        sent_ = 0;
      }
      const ssize_t put = send(to_, buffer_.data() + sent_, pending_, MSG_NOSIGNAL);
      if (put < 0) { return would_block() || errno == ENOTCONN; }
      sent_ += static_cast<std::size_t>(put);
      pending_ -= static_cast<std::size_t>(put);
      if (pending_ > 0) { return true; }
      // It was all there was, and epoll says when there is more; unless the end had arrived with it, or more came while
      // the rest of it waited to be sent.
      if (is_fresh && sent_ < kBlock && !peer_closed_) { return true; }
    }
  }

  bool move_spliced() {
    for (;;) {
      if (pending_ == 0) {
        if (ended_) { return true; }
        const ssize_t got = splice(from_, nullptr, pipe_[1], nullptr, kBlock, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (got < 0) { return would_block(); }
        if (got == 0) { return end(); }
        pending_ = static_cast<std::size_t>(got);
      }
      const ssize_t put = splice(pipe_[0], nullptr, to_, nullptr, pending_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (put < 0) { return would_block(); }
      pending_ -= static_cast<std::size_t>(put);
      if (pending_ > 0) { return true; }
    }
  }

  bool end() {
    ended_ = true;
    shutdown(to_, SHUT_WR);
    return true;
  }

  int from_;
  int to_;
  int pipe_[2] = {-1, -1};
  std::vector<char> buffer_;
  std::size_t sent_ = 0;
  std::size_t pending_ = 0;
  bool peer_closed_ = false;
  bool ended_ = false;
};

// Two sockets that are relayed to each other until both directions have ended.
struct Pair {
  Pair(int a, int b, bool splicing) : client(a), upstream(b), out(a, b, splicing), back(b, a, splicing) {}
  ~Pair() {
    close(client);
    close(upstream);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  static constexpr std::uint32_t kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

  // False when there is nothing left to do for it.
  bool move(std::uint32_t events) {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
      out.note_peer_closed();
      back.note_peer_closed();
    }
    return out.move() && back.move() && !(out.is_ended() && back.is_ended());
  }

  int client;
  int upstream;
  Direction out;
  Direction back;
};

}  // namespace bench
