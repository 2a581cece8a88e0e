#pragma once

#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "gateway/open_listeners.hpp"
#include "gateway/worker.hpp"

namespace sluice {

// All workers, told and asked together. A worker that is ending answers no more: its part is missing then.
// Thread: the main one.
class WorkerPool {
 public:
  // One for each set of sockets. REQUIRES: called once, ahead of start().
  void make(Shared& shared, const pipeline::ConfigurationPtr& configuration,
            const std::shared_ptr<record::AccessLog>& log, OpenListeners& listeners, std::uint64_t connections_each);
  void start();
  void join();
  // After join(): nothing reaches them any more.
  void tear_down();

  void drain();
  void cut();
  bool have_ended() const;
  void use(const pipeline::ConfigurationPtr& configuration, const std::shared_ptr<record::AccessLog>& log);
  void flush_logs();

  std::size_t judge_tunnels(const pipeline::PolicyPtr& policy);  // how many were closed
  std::size_t sign_out(const identity::Users& users);            // the same
  std::vector<pipeline::TopKeys::Entry> top_keys();
  record::HitsByRule rule_hits() const;
  std::vector<const record::WorkerMetrics*> metrics() const;

 private:
  template <typename Ask>
  auto ask_each(Ask ask);

  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace sluice
