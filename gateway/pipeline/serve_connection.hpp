#pragma once

#include <list>
#include <memory>

#include "gateway/http1/client_connection.hpp"
#include "gateway/pipeline/services.hpp"

namespace sluice::pipeline {

// The client connections of one worker.
// Thread: the worker's.
class ConnectionRegistry {
 public:
  class Entry {
   public:
    Entry(ConnectionRegistry& registry, http1::ClientConnection& connection)
        : registry_(registry), place_(registry.connections_.insert(registry.connections_.end(), &connection)) {}
    ~Entry() { registry_.connections_.erase(place_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    ConnectionRegistry& registry_;
    std::list<http1::ClientConnection*>::iterator place_;
  };

  // Ends those that wait for a request (`idle_only`), or all of them.
  void cancel(bool idle_only);
  std::size_t size() const noexcept { return connections_.size(); }

 private:
  std::list<http1::ClientConnection*> connections_;
};

// Serves one client connection: request after request until it closes.
// Spawned: takes values.
Task<> serve_connection(Services* services, ConnectionRegistry* registry,
                        std::unique_ptr<http1::ClientConnection> client);

}  // namespace sluice::pipeline
