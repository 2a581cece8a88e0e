// The floor for tunnels: reads a CONNECT request up to its empty line, connects to that loopback port, answers 200 and
// relays, by copying or inside the kernel.
//
//     connect_relay plain|splice [PORT]      prints the port on which it listens

#include <unordered_set>

#include "tests/bench/relay.hpp"

namespace {

// A client until its tunnel is there, then the pair.
struct Tunnel {
  explicit Tunnel(int fd) : client(fd) {}
  ~Tunnel() {
    if (pair) { return; }
    close(client);
    if (upstream >= 0) { close(upstream); }
  }
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  int client;
  int upstream = -1;
  std::string head;
  std::unique_ptr<bench::Pair> pair;
};

// The port of "CONNECT host:port HTTP/1.1", or -1.
int port_of(const std::string& head) {
  const auto space = head.find(' ');
  const auto end = head.find(' ', space + 1);
  if (head.compare(0, 8, "CONNECT ") != 0 || end == std::string::npos) { return -1; }
  return std::atoi(head.c_str() + head.rfind(':', end) + 1);
}

class Relay {
 public:
  Relay(bench::Poll& poll, bool splicing) : poll_(poll), splicing_(splicing) {}

  void adopt(int client) {
    auto* tunnel = new Tunnel(client);
    alive_.insert(tunnel);
    poll_.add(client, bench::Pair::kEvents, tunnel);
  }

  void handle(void* owner, std::uint32_t events) {
    auto* tunnel = static_cast<Tunnel*>(owner);
    if (!alive_.contains(tunnel) || advance(*tunnel, events)) { return; }
    alive_.erase(tunnel);
    ended_.push_back(tunnel);
  }

  void sweep() {
    for (auto* tunnel : ended_) { delete tunnel; }
    ended_.clear();
  }

 private:
  bool advance(Tunnel& tunnel, std::uint32_t events) {
    if (tunnel.pair) { return tunnel.pair->move(events); }
    return tunnel.upstream < 0 ? read_head(tunnel) : finish_connect(tunnel, events);
  }

  bool read_head(Tunnel& tunnel) {
    char buffer[4096];
    const ssize_t got = recv(tunnel.client, buffer, sizeof buffer, 0);
    if (got <= 0) { return got < 0 && bench::would_block(); }
    tunnel.head.append(buffer, static_cast<std::size_t>(got));
    if (tunnel.head.find("\r\n\r\n") == std::string::npos) { return tunnel.head.size() < 65536; }
    tunnel.upstream = bench::connect_to(port_of(tunnel.head));
    if (tunnel.upstream < 0) { return false; }
    poll_.add(tunnel.upstream, bench::Pair::kEvents, &tunnel);
    return true;
  }

  bool finish_connect(Tunnel& tunnel, std::uint32_t events) {
    if ((events & EPOLLOUT) == 0) { return true; }
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(tunnel.upstream, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) { return false; }
    static constexpr char kEstablished[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    if (send(tunnel.client, kEstablished, sizeof kEstablished - 1, MSG_NOSIGNAL) < 0) { return false; }
    tunnel.pair = std::make_unique<bench::Pair>(tunnel.client, tunnel.upstream, splicing_);
    return tunnel.pair->move(events);
  }

  bench::Poll& poll_;
  bool splicing_;
  std::unordered_set<Tunnel*> alive_;
  std::vector<Tunnel*> ended_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode != "plain" && mode != "splice") {
    std::fprintf(stderr, "usage: connect_relay plain|splice [PORT]\n");
    return 2;
  }
  const int listener = bench::listen_on(argc > 2 ? std::atoi(argv[2]) : 0);
  bench::Poll poll;
  Relay relay(poll, mode == "splice");
  poll.add(listener, EPOLLIN, nullptr);
  for (;;) {
    poll.wait(-1, [&](void* owner, std::uint32_t events) {
      if (owner != nullptr) { return relay.handle(owner, events); }
      for (int fd = bench::accept_one(listener); fd >= 0; fd = bench::accept_one(listener)) { relay.adopt(fd); }
    });
    relay.sweep();
  }
}
