#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::support {

// A message as a peer saw it.
struct SeenMessage {
  std::string head;     // with its empty line; empty when the connection ended first
  std::string content;  // decoded by Content-Length or chunked; what came until the end otherwise
  bool complete = false;
  bool was_reset = false;

  int status() const { return head.size() > 12 ? std::stoi(head.substr(9, 3)) : 0; }
  std::string field(std::string_view name) const {
    const auto start = head.find("\r\n" + std::string(name) + ": ");
    if (start == head.npos) { return {}; }
    const auto from = start + 2 + name.size() + 2;
    return head.substr(from, head.find("\r\n", from) - from);
  }
  bool has(std::string_view text) const { return head.find(text) != head.npos; }
};

// A blocking connection of a test's own thread; no call waits longer than the limit. The test decides what is sent, and
// when: it is both sides' script.
class Peer {
 public:
  static constexpr int kLimit = 20;  // seconds; only reached when a test fails

  explicit Peer(int descriptor) : descriptor_(descriptor) {
    const timeval limit{kLimit, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Peer(Peer&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), buffer_(std::move(other.buffer_)), reset_(other.reset_) {}
  Peer& operator=(Peer&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(buffer_, other.buffer_);
    std::swap(reset_, other.reset_);
    return *this;
  }
  ~Peer() { close(); }

  static Peer connect_to(std::uint16_t port, int receive_buffer = 0) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) { ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer); }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
    return Peer(descriptor);
  }

  bool send(std::string_view octets) {
    while (!octets.empty()) {
      const auto count = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (count <= 0) { return false; }
      octets.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void finish_sending() { ::shutdown(descriptor_, SHUT_WR); }
  void close() {
    if (descriptor_ >= 0) { ::close(std::exchange(descriptor_, -1)); }
  }
  int release() { return std::exchange(descriptor_, -1); }
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }

  std::string read_head() {
    for (;;) {
      const auto end = buffer_.find("\r\n\r\n");
      if (end != buffer_.npos) { return take(end + 4); }
      if (!receive()) { return {}; }
    }
  }
  std::string read_exactly(std::size_t size) {
    while (buffer_.size() < size && receive()) {}
    return take(size);
  }
  std::string read_to_end() {
    while (receive()) {}
    return take(buffer_.size());
  }
  bool is_at_end() { return buffer_.empty() && !receive(); }
  bool was_reset() const { return reset_; }
  std::size_t buffered() const { return buffer_.size(); }

  // A whole message. `has_content` false: to HEAD, 204, 304.
  SeenMessage read_message(bool has_content = true) {
    SeenMessage message;
    message.head = read_head();
    if (message.head.empty()) {
      message.was_reset = reset_;
      return message;
    }
    read_content(message, has_content);
    message.was_reset = reset_;
    return message;
  }

 private:
  bool receive() {
    char piece[64 * 1024];
    const auto count = ::recv(descriptor_, piece, sizeof piece, 0);
    if (count < 0 && errno == ECONNRESET) { reset_ = true; }
    if (count <= 0) { return false; }
    buffer_.append(piece, static_cast<std::size_t>(count));
    return true;
  }
  std::string take(std::size_t size) {
    auto taken = buffer_.substr(0, size);
    buffer_.erase(0, taken.size());
    return taken;
  }
  void read_content(SeenMessage& message, bool has_content) {
    const auto length = message.field("Content-Length");
    const bool is_request = !message.head.starts_with("HTTP/");
    if (!has_content || message.head.starts_with("HTTP/1.1 1")) {
      message.complete = true;
    } else if (message.field("Transfer-Encoding") == "chunked") {
      message.complete = read_chunks(message.content);
    } else if (!length.empty()) {
      const auto size = std::stoull(length);
      message.content = read_exactly(size);
      message.complete = message.content.size() == size;
    } else if (is_request) {
      message.complete = true;
    } else {
      message.content = read_to_end();
      message.complete = !reset_;
    }
  }
  bool read_chunks(std::string& content) {
    for (;;) {
      const auto line = read_line();
      if (!line) { return false; }
      const auto size = std::stoull(*line, nullptr, 16);
      if (size == 0) { break; }
      const auto piece = read_exactly(size);
      content += piece;
      if (piece.size() != size || read_exactly(2) != "\r\n") { return false; }
    }
    for (;;) {
      const auto line = read_line();
      if (!line) { return false; }
      if (line->empty()) { return true; }
      trailers += *line + "\n";
    }
  }
  std::optional<std::string> read_line() {
    for (;;) {
      const auto end = buffer_.find("\r\n");
      if (end != buffer_.npos) {
        auto line = take(end + 2);
        line.resize(end);
        return line;
      }
      if (!receive()) { return std::nullopt; }
    }
  }

 public:
  std::string trailers;  // of the last message, a line each

 private:
  int descriptor_;
  std::string buffer_;
  bool reset_ = false;
};

// An origin server that does nothing by itself: the test accepts, reads and answers.
class ManualOrigin {
 public:
  ManualOrigin() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const timeval limit{Peer::kLimit, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(descriptor_, 64) != 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }
  ~ManualOrigin() { ::close(descriptor_); }
  ManualOrigin(const ManualOrigin&) = delete;
  ManualOrigin& operator=(const ManualOrigin&) = delete;

  std::uint16_t port() const { return port_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(std::string_view path) const { return "http://" + host() + std::string(path); }
  Peer accept() {
    const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) { throw std::runtime_error("nobody connected to the origin"); }
    return Peer(descriptor);
  }
  // True when a connection waits to be accepted.
  bool has_caller() {
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(descriptor_, &readable);
    timeval none{};
    return ::select(descriptor_ + 1, &readable, nullptr, nullptr, &none) > 0;
  }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

// Waits for something another thread brings about, at most as long as a peer waits; false when it did not come.
template <typename Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(Peer::kLimit);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) { return false; }
    std::this_thread::yield();
  }
  return true;
}

}  // namespace sluice::support
