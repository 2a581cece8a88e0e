#include "gateway/service_manager.hpp"

#include <stdexcept>

#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <time.h>

namespace sluice::service_manager {

// Telling the manager is a courtesy: that it fails changes nothing for our clients.
void ready(const std::string& status_text) {
  sd_notify(0, ("READY=1\nSTATUS=" + status_text).c_str());
}

void reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = static_cast<long long>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds)).c_str());
}

void stopping() {
  sd_notify(0, "STOPPING=1\nSTATUS=draining");
}

std::vector<net::ListenSocket> passed_sockets() {
  const int count = sd_listen_fds(1);
  std::vector<net::ListenSocket> sockets;
  for (int i = 0; i < count; ++i) {
    const int descriptor = SD_LISTEN_FDS_START + i;
    if (sd_is_socket(descriptor, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
      throw std::runtime_error("passed descriptor " + std::to_string(descriptor) + " is not a listening stream socket");
    }
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    sockets.emplace_back(descriptor, "explicit");
  }
  return sockets;
}

}  // namespace sluice::service_manager
