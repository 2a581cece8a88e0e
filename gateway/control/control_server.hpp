#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "gateway/base/task.hpp"
#include "gateway/control/daemon.hpp"
#include "gateway/control/rates.hpp"
#include "gateway/control/status.hpp"

namespace sluice::control {

class ControlPeer;

// The control socket: who may use it, and a coroutine for each who does, so that a slow one holds up nobody.
// Thread: the main thread. Lifetime: the daemon's; what is still suspended may outlive it until the context goes.
class ControlServer {
 public:
  static constexpr std::size_t kMostConnections = 64;

  // May this user use the socket?
  using MayUse = std::function<bool(uid_t)>;

  // Binds the socket. Root, the daemon's own user and `allowed` may use it.
  // Throws std::runtime_error with a sentence when another daemon answers there or the socket cannot be made.
  ControlServer(asio::io_context& context, Daemon& daemon, const std::string& socket_path, std::vector<uid_t> allowed);
  ControlServer(asio::io_context& context, Daemon& daemon, const std::string& socket_path, MayUse may_use);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  void start();  // accepts from now on, and takes a sample of the counters each second
  void close();  // ends every connection and removes the socket

  void allow(std::vector<uid_t> allowed);  // beside root and the daemon's own user; from the next connection on

  const Rates& rates() const noexcept;

 private:
  struct State;
  static Task<> accept_loop(std::shared_ptr<State> state);
  static Task<> serve(std::shared_ptr<State> state, std::shared_ptr<ControlPeer> peer);
  static Task<> sweep_loop(std::shared_ptr<State> state);
  static Task<> deliver(std::shared_ptr<State> state);
  static Task<> sample_loop(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace sluice::control
