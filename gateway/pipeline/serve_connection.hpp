#pragma once

#include <list>
#include <memory>

#include "gateway/http1/client_connection.hpp"
#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// The client connections of one worker, each with the exchange that it is used for.
// Thread: the worker's.
class ConnectionRegistry {
 public:
  class Entry {
   public:
    Entry(ConnectionRegistry& registry, Exchange& exchange)
        : registry_(registry), place_(registry.exchanges_.insert(registry.exchanges_.end(), &exchange)) {}
    ~Entry() { registry_.exchanges_.erase(place_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    ConnectionRegistry& registry_;
    std::list<Exchange*>::iterator place_;
  };

  void cancel_idle();  // those that wait for a request
  // Records the exchanges that never came to their end, ahead of dropping them.
  void record_unfinished();
  std::size_t size() const noexcept { return exchanges_.size(); }

 private:
  std::list<Exchange*> exchanges_;
};

// Serves one client connection: request after request until it closes.
// Spawned: takes values.
Task<> serve_connection(Services* services, ConnectionRegistry* registry,
                        std::unique_ptr<http1::ClientConnection> client);

}  // namespace sluice::pipeline
