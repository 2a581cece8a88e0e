#pragma once

#include <memory>
#include <string>

#include "gateway/http1/message_reader.hpp"
#include "gateway/net/address.hpp"
#include "gateway/net/tcp_stream.hpp"
#include "gateway/record/metrics.hpp"

namespace sluice::upstream {

class Pool;

// A connection to an upstream: an origin server, or a parent proxy.
struct Connection {
  Connection(net::Socket socket, TimerWheel& wheel, record::WorkerMetrics& counters, const policy::Address& connected,
             std::uint16_t to_port)
      : stream(std::move(socket), wheel, Side::upstream),
        reader(stream, Side::upstream, kHeadCapacity),
        address(connected),
        port(to_port),
        text(net::text_of(connected, to_port)),
        idle_limit(wheel, &Connection::expire, this),
        metrics(counters) {
    metrics.upstream_opened.add();
    metrics.upstream_open.add();
  }
  ~Connection() {
    settle();
    metrics.upstream_open.sub();
  }

  // Counts what has passed since the last call.
  void settle() noexcept {
    metrics.upstream_received.add(stream.received() - settled_received);
    metrics.upstream_sent.add(stream.sent() - settled_sent);
    settled_received = stream.received();
    settled_sent = stream.sent();
  }

  static void expire(void* connection);

  static constexpr std::size_t kHeadCapacity = 16 * 1024;  // a small response comes in one read, content and all

  net::TcpStream stream;
  http1::MessageReader reader;
  policy::Address address;
  std::uint16_t port;
  std::string text;     // "127.0.0.1:80"
  bool reused = false;  // it has carried an exchange before
  std::string pool_name;
  Pool* pool = nullptr;  // the one it is idle in
  Deadline idle_limit;
  record::WorkerMetrics& metrics;
  std::uint64_t settled_received = 0;
  std::uint64_t settled_sent = 0;
};
using ConnectionPtr = std::unique_ptr<Connection>;

}  // namespace sluice::upstream
