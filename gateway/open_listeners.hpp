#pragma once

#include <string>
#include <vector>

#include "gateway/config/configuration.hpp"
#include "gateway/net/listener.hpp"

namespace sluice {

// The bound sockets of every listener, one for each worker.
struct OpenListeners {
  struct Name {
    std::string address;  // as bound: with the port that the kernel chose
    std::string mode;
  };
  std::vector<Name> names;
  std::vector<std::vector<net::ListenSocket>> sockets;  // by worker
};

// Those that the service manager passed; when it passed none, the configured ones.
// Throws std::exception with a sentence for the operator.
OpenListeners open_listeners(const std::vector<config::Listener>& configured, std::size_t workers);

}  // namespace sluice
