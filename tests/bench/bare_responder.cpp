// The floor for a stored response: one epoll loop that answers every request with the same 1 KiB, looking at nothing
// but the empty line. What a request costs here is what the kernel's sockets cost.
//
//     bare_responder [PORT]      prints the port on which it listens

#include "tests/bench/sockets.hpp"

namespace {

struct Connection {
  int fd;
  int matched = 0;  // how many octets of the empty line have been seen
};

std::string canned_answer() {
  return "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 05:00:00 GMT\r\nContent-Type: application/octet-stream\r\n"
         "Cache-Control: max-age=3600\r\nETag: \"1024\"\r\nAge: 1\r\nContent-Length: 1024\r\n\r\n" +
         std::string(1024, 'x');
}

// How many heads end in `octets`, given how much of an empty line stood ahead of it.
int count_ends(const char* octets, ssize_t length, int& matched) {
  static constexpr char kEnd[] = "\r\n\r\n";
  int ends = 0;
  for (ssize_t i = 0; i < length; ++i) {
    matched = octets[i] == kEnd[matched] ? matched + 1 : octets[i] == '\r' ? 1 : 0;
    if (matched == 4) {
      ++ends;
      matched = 0;
    }
  }
  return ends;
}

bool answer(Connection& connection, const std::string& canned) {
  char buffer[16384];
  const ssize_t length = recv(connection.fd, buffer, sizeof buffer, 0);
  if (length <= 0) { return length < 0 && bench::would_block(); }
  for (int ends = count_ends(buffer, length, connection.matched); ends > 0; --ends) {
    // A closed loop of small answers never fills the socket's buffer; a client that pipelines without reading is
    // dropped.
    if (send(connection.fd, canned.data(), canned.size(), 0) != static_cast<ssize_t>(canned.size())) { return false; }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = bench::listen_on(argc > 1 ? std::atoi(argv[1]) : 0);
  const std::string canned = canned_answer();
  bench::Poll poll;
  poll.add(listener, EPOLLIN, nullptr);
  for (;;) {
    poll.wait(-1, [&](void* owner, std::uint32_t) {
      if (owner == nullptr) {
        for (int fd = bench::accept_one(listener); fd >= 0; fd = bench::accept_one(listener)) {
          poll.add(fd, EPOLLIN, new Connection{fd});
        }
        return;
      }
      auto* connection = static_cast<Connection*>(owner);
      if (!answer(*connection, canned)) {
        close(connection->fd);
        delete connection;
      }
    });
  }
}
