#pragma once

#include <string>
#include <vector>

#include "gateway/net/listener.hpp"

namespace sluice::service_manager {

// Talks to systemd when it started us; does nothing otherwise (sd_notify(3), sd_listen_fds(3)).
void ready(const std::string& status);
void reloading();
void stopping();

// The sockets that were passed to us (socket activation), in their order; they take the place of the configured
// listeners.
std::vector<net::ListenSocket> passed_sockets();

}  // namespace sluice::service_manager
