#pragma once

#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "gateway/base/task.hpp"
#include "gateway/control/daemon.hpp"

namespace sluice::control {

// The Prometheus exposition over HTTP: GET /metrics, /healthz ("ok") and / (a pointer to the former).
// Thread: the main thread. Lifetime: the daemon's; what is still suspended may outlive it until the context goes.
class MetricsServer {
 public:
  static constexpr std::size_t kMostConnections = 64;

  // Binds and listens. Throws std::runtime_error with a sentence.
  MetricsServer(asio::io_context& context, Daemon& daemon, const asio::ip::tcp::endpoint& endpoint);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  void start();
  void close();

  std::string address() const;  // as bound: with the port that the kernel chose

 private:
  struct State;
  struct Connection;
  static Task<> accept_loop(std::shared_ptr<State> state);
  static Task<> serve(std::shared_ptr<State> state, std::shared_ptr<Connection> connection);

  std::shared_ptr<State> state_;
};

}  // namespace sluice::control
