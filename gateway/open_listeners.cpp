#include "gateway/open_listeners.hpp"

#include <stdexcept>

#include "gateway/config/endpoint.hpp"
#include "gateway/net/address.hpp"
#include "gateway/service_manager.hpp"

namespace sluice {

namespace {

OpenListeners::Name name_of(const net::ListenSocket& socket) {
  const auto endpoint = socket.endpoint();
  return {net::text_of(net::to_address(endpoint.address()), endpoint.port()), socket.mode()};
}

// One socket was passed for all workers: they share it.
void add_passed(net::ListenSocket socket, OpenListeners& open) {
  open.names.push_back(name_of(socket));
  for (std::size_t i = 1; i < open.sockets.size(); ++i) { open.sockets[i].push_back(socket.duplicate()); }
  open.sockets[0].push_back(std::move(socket));
}

void add_configured(const config::Listener& listener, OpenListeners& open) {
  const auto endpoint = config::parse_endpoint(listener.address, config::HostForm::address);
  const auto address = endpoint ? policy::Address::parse(endpoint->host) : std::nullopt;
  if (!address) { throw std::runtime_error("listener `" + listener.address + "` is no address and port"); }
  auto bound = net::bind_listeners(*address, endpoint->port, listener.mode, open.sockets.size());
  open.names.push_back(name_of(bound.front()));
  for (std::size_t i = 0; i < bound.size(); ++i) { open.sockets[i].push_back(std::move(bound[i])); }
}

}  // namespace

OpenListeners open_listeners(const std::vector<config::Listener>& configured, std::size_t workers) {
  OpenListeners open;
  open.sockets.resize(workers);
  for (auto& socket : service_manager::passed_sockets()) { add_passed(std::move(socket), open); }
  if (!open.names.empty()) { return open; }
  for (const auto& listener : configured) { add_configured(listener, open); }
  return open;
}

}  // namespace sluice
