// The floor for a stored response: one epoll loop that answers every request with the same octets, looking at nothing
// but the empty line. What a request costs here is what the kernel's sockets cost.
//
//     bare_responder [PORT [LENGTH [sendfile]]]      prints the port on which it listens
//
// LENGTH of the content, 1024 by default. `sendfile`: content leaves from a file in memory without being copied.

#include <sys/mman.h>
#include <sys/sendfile.h>

#include "tests/bench/sockets.hpp"

namespace {

// The same answer for everybody.
struct Answer {
  std::string head;
  std::string content;
  int file = -1;  // with the same content; -1: content is copied

  std::size_t size() const { return head.size() + content.size(); }
};

struct Connection {
  int fd;
  int matched = 0;       // how many octets of the empty line have been seen
  int asked = 0;         // answers that are due
  std::size_t sent = 0;  // of the answer under way
};

Answer canned_answer(std::size_t length, bool from_file) {
  Answer answer;
  answer.head =
      "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 05:00:00 GMT\r\nContent-Type: application/octet-stream\r\n"
      "Cache-Control: max-age=3600\r\nETag: \"1024\"\r\nAge: 1\r\nContent-Length: " +
      std::to_string(length) + "\r\n\r\n";
  answer.content.assign(length, 'x');
  if (from_file) {
    answer.file = bench::must(memfd_create("content", MFD_CLOEXEC), "memfd_create");
    if (pwrite(answer.file, answer.content.data(), length, 0) != static_cast<ssize_t>(length)) { bench::die("pwrite"); }
  } else {
    answer.head += answer.content;
    answer.content.clear();
  }
  return answer;
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

ssize_t send_more(const Connection& connection, const Answer& answer) {
  if (connection.sent < answer.head.size()) {
    const int more = answer.file >= 0 ? MSG_MORE : 0;
    return send(connection.fd, answer.head.data() + connection.sent, answer.head.size() - connection.sent, more);
  }
  auto offset = static_cast<off_t>(connection.sent - answer.head.size());
  return sendfile(connection.fd, answer.file, &offset, answer.size() - connection.sent);
}

// Sends what is due, as far as the kernel takes it. False when the connection is broken.
bool respond(Connection& connection, const Answer& answer) {
  while (connection.asked > 0) {
    const ssize_t put = send_more(connection, answer);
    if (put < 0) { return bench::would_block(); }
    connection.sent += static_cast<std::size_t>(put);
    if (connection.sent == answer.size()) {
      connection.sent = 0;
      --connection.asked;
    }
  }
  return true;
}

bool serve(Connection& connection, std::uint32_t events, const Answer& answer) {
  if ((events & EPOLLIN) != 0) {
    char buffer[16384];
    const ssize_t length = recv(connection.fd, buffer, sizeof buffer, 0);
    if (length <= 0) { return length < 0 && bench::would_block(); }
    connection.asked += count_ends(buffer, length, connection.matched);
  }
  return respond(connection, answer);
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = bench::listen_on(argc > 1 ? std::atoi(argv[1]) : 0);
  const auto length = static_cast<std::size_t>(argc > 2 ? std::atol(argv[2]) : 1024);
  const Answer answer = canned_answer(length, argc > 3 && std::string(argv[3]) == "sendfile");
  // A small answer always fits into the socket's buffer; a large one needs to know when there is room again.
  const std::uint32_t events = answer.size() > 65536 ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN;
  bench::Poll poll;
  poll.add(listener, EPOLLIN, nullptr);
  for (;;) {
    poll.wait(-1, [&](void* owner, std::uint32_t ready) {
      if (owner == nullptr) {
        for (int fd = bench::accept_one(listener); fd >= 0; fd = bench::accept_one(listener)) {
          poll.add(fd, events, new Connection{fd});
        }
        return;
      }
      auto* connection = static_cast<Connection*>(owner);
      if (!serve(*connection, ready, answer)) {
        close(connection->fd);
        delete connection;
      }
    });
  }
}
