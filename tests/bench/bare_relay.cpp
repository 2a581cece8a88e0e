// The floor for what is passed through: every connection gets one of its own to the upstream, and octets are copied
// both ways.
//
//     bare_relay UPSTREAM-PORT [PORT]      prints the port on which it listens

#include <unordered_set>

#include "tests/bench/relay.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bare_relay UPSTREAM-PORT [PORT]\n");
    return 2;
  }
  const int upstream_port = std::atoi(argv[1]);
  const int listener = bench::listen_on(argc > 2 ? std::atoi(argv[2]) : 0);
  bench::Poll poll;
  std::unordered_set<void*> alive;  // a pair has two descriptors in one round of events; the second may come too late
  poll.add(listener, EPOLLIN, nullptr);
  for (;;) {
    std::vector<bench::Pair*> ended;
    poll.wait(-1, [&](void* owner, std::uint32_t events) {
      if (owner == nullptr) {
        for (int fd = bench::accept_one(listener); fd >= 0; fd = bench::accept_one(listener)) {
          auto* pair = new bench::Pair(fd, bench::must(bench::connect_to(upstream_port), "connect"), false);
          alive.insert(pair);
          poll.add(pair->client, bench::Pair::kEvents, pair);
          poll.add(pair->upstream, bench::Pair::kEvents, pair);
        }
        return;
      }
      auto* pair = static_cast<bench::Pair*>(owner);
      if (alive.contains(pair) && !pair->move(events)) {
        alive.erase(pair);
        ended.push_back(pair);
      }
    });
    for (auto* pair : ended) { delete pair; }
  }
}
