// The origin of the benchmark: one epoll loop.
//
//     /kept/N      N octets that may be stored for an hour
//     /passed/N    N octets that must not be stored
//     /count       how many requests have been answered so far
//
// The content of a request (of known length) is read to its end and dropped before the answer is begun.
//
//     origin [PORT]      prints the port on which it listens

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <utility>

#include "tests/bench/sockets.hpp"

namespace {

struct Connection {
  explicit Connection(int accepted) : fd(accepted) {}

  int fd;
  std::string input;
  std::string path;             // of the request whose content is being read
  std::uint64_t unread = 0;     // octets of that content
  std::string output;           // what is ready to be sent
  std::uint64_t remaining = 0;  // octets of content that follow it
};

class Origin {
 public:
  // False when the connection has ended.
  bool serve(Connection& connection) {
    for (;;) {
      if (!flush(connection)) { return false; }
      if (!connection.output.empty() || connection.remaining > 0) { return true; }
      if (answer_one(connection)) { continue; }
      const ssize_t got = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
      if (got <= 0) { return got < 0 && bench::would_block(); }
      connection.input.append(buffer_, 0, static_cast<std::size_t>(got));
    }
  }

 private:
  // Puts the answer to the first whole request into the output. False when there is none.
  bool answer_one(Connection& connection) {
    if (connection.path.empty() && !read_head(connection)) { return false; }
    const auto part = std::min<std::uint64_t>(connection.unread, connection.input.size());
    connection.input.erase(0, part);
    connection.unread -= part;
    if (connection.unread > 0) { return false; }
    answer(connection, std::exchange(connection.path, {}));
    return true;
  }

  // False when the head is not whole.
  static bool read_head(Connection& connection) {
    const auto end = connection.input.find("\r\n\r\n");
    if (end == std::string::npos) { return false; }
    const auto begin = connection.input.find(' ') + 1;
    connection.path = connection.input.substr(begin, connection.input.find(' ', begin) - begin);
    connection.unread = bench::content_length(connection.input.substr(0, end)).value_or(0);
    connection.input.erase(0, end + 4);
    return true;
  }

  void answer(Connection& connection, const std::string& path) {
    std::string control = "no-store";
    std::string content;
    std::uint64_t length = 0;
    if (path == "/count") {
      content = std::to_string(answered_);
      length = content.size();
    } else {
      ++answered_;
      if (path.compare(0, 6, "/kept/") == 0) { control = "max-age=3600"; }
      length = std::strtoull(path.c_str() + path.find('/', 1) + 1, nullptr, 10);
    }
    connection.output += "HTTP/1.1 200 OK\r\nDate: " + date() +
                         "\r\nContent-Type: application/octet-stream\r\nCache-Control: " + control + "\r\nETag: \"" +
                         std::to_string(length) + "\"\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
    if (!content.empty()) {
      connection.output += content;
    } else if (length <= kSmall) {
      connection.output.append(length, 'x');
    } else {
      connection.remaining = length;
    }
  }

  bool flush(Connection& connection) {
    while (!connection.output.empty() || connection.remaining > 0) {
      if (connection.output.empty()) {
        const auto block = std::min<std::uint64_t>(connection.remaining, kBlock.size());
        const ssize_t put = send(connection.fd, kBlock.data(), block, MSG_NOSIGNAL);
        if (put < 0) { return bench::would_block(); }
        connection.remaining -= static_cast<std::uint64_t>(put);
      } else {
        const ssize_t put = send(connection.fd, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
        if (put < 0) { return bench::would_block(); }
        connection.output.erase(0, static_cast<std::size_t>(put));
      }
    }
    return true;
  }

  // The date of this second.
  const std::string& date() {
    const std::time_t now = std::time(nullptr);
    if (now != date_second_) {
      char text[64];
      std::tm parts{};
      gmtime_r(&now, &parts);
      date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
      date_second_ = now;
    }
    return date_;
  }

  static constexpr std::uint64_t kSmall = 65536;
  const std::string kBlock = std::string(1 << 18, 'x');
  std::string buffer_ = std::string(1 << 18, '\0');
  std::uint64_t answered_ = 0;
  std::time_t date_second_ = 0;
  std::string date_;
};

}  // namespace

int main(int argc, char** argv) {
  const int listener = bench::listen_on(argc > 1 ? std::atoi(argv[1]) : 0);
  bench::Poll poll;
  Origin origin;
  poll.add(listener, EPOLLIN, nullptr);
  for (;;) {
    poll.wait(-1, [&](void* owner, std::uint32_t) {
      if (owner == nullptr) {
        for (int fd = bench::accept_one(listener); fd >= 0; fd = bench::accept_one(listener)) {
          poll.add(fd, EPOLLIN | EPOLLOUT | EPOLLET, new Connection(fd));
        }
        return;
      }
      auto* connection = static_cast<Connection*>(owner);
      if (!origin.serve(*connection)) {
        close(connection->fd);
        delete connection;
      }
    });
  }
}
