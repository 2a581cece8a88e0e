#pragma once

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

// System calls as the benchmark programs need them. A program that cannot set up its sockets ends with a sentence.
namespace bench {

[[noreturn]] inline void die(const char* during) {
  std::fprintf(stderr, "%s: %s\n", during, std::strerror(errno));
  std::exit(1);
}

inline int must(int result, const char* during) {
  if (result < 0) { die(during); }
  return result;
}

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void no_delay(int fd) {
  const int on = 1;
  must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

// Listens on a loopback port (0: the kernel chooses) and prints it on a line of its own.
inline int listen_on(int port) {
  std::signal(SIGPIPE, SIG_IGN);
  const int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  auto address = loopback(port);
  must(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  must(listen(fd, 4096), "listen");
  socklen_t length = sizeof address;
  must(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

// A connection that is accepted, or -1 when none is waiting.
inline int accept_one(int listener) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) { no_delay(fd); }
  return fd;
}

// A connection that is being made, or is made already; -1 when the kernel refuses at once.
inline int connect_to(int port) {
  const int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const auto address = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 && errno != EINPROGRESS) {
    close(fd);
    return -1;
  }
  no_delay(fd);
  return fd;
}

// What the Content-Length of a head says; nothing where it has none.
inline std::optional<std::uint64_t> content_length(const std::string& head) {
  const char* const at = strcasestr(head.c_str(), "\r\ncontent-length: ");
  if (at == nullptr) { return std::nullopt; }
  return std::strtoull(at + 18, nullptr, 10);
}

inline bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

// An epoll set that hands out the pointer each descriptor was added with.
class Poll {
 public:
  Poll() : fd_(must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

  void add(int fd, std::uint32_t events, void* owner) { control(EPOLL_CTL_ADD, fd, events, owner); }
  void change(int fd, std::uint32_t events, void* owner) { control(EPOLL_CTL_MOD, fd, events, owner); }

  // Calls handle(owner, events) for everything that is ready; waits at most `milliseconds` (-1: for ever).
  template <typename Handle>
  void wait(int milliseconds, Handle handle) {
    const int count = epoll_wait(fd_, ready_, kMost, milliseconds);
    for (int i = 0; i < count; ++i) { handle(ready_[i].data.ptr, ready_[i].events); }
  }

 private:
  static constexpr int kMost = 256;

  void control(int operation, int fd, std::uint32_t events, void* owner) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = owner;
    must(epoll_ctl(fd_, operation, fd, &event), "epoll_ctl");
  }

  int fd_;
  epoll_event ready_[kMost];
};

}  // namespace bench
