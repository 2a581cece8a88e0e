#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "gateway/base/hexid.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/pipeline/serve_connection.hpp"
#include "gateway/pipeline/services.hpp"

namespace sluice {

// What all workers use together. Lives longer than every worker.
struct Shared {
  pipeline::PolicyInForce& policy;
  cache::Store& memory;
  cache::ContentMemory* content;  // null when the system has none
  pipeline::DiskTier* disk;       // null without one
  pipeline::FillTable& fills;
  pipeline::OpenExchanges& open_exchanges;
  pipeline::RecentKeys& uncacheable;
  pipeline::RecentKeys& purged;
  cache::PurgeTable& purges;
  identity::Verifier& verifier;
  std::string via_name;
};

// One thread with its own event loop, listeners, upstream pool, timers and counters; everything of a connection happens
// on the worker that accepted it.
// Thread: constructed and destroyed by the main thread; the rest is said with each function.
class Worker {
 public:
  Worker(Shared& shared, pipeline::ConfigurationPtr configuration, std::shared_ptr<record::AccessLog> log,
         std::vector<net::ListenSocket> sockets, std::uint64_t connection_limit);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  void join();
  // After every worker was joined: nothing reaches this one any more, and what was cut off is let go.
  void tear_down();

  // From any thread.
  void drain();  // stop accepting; close idle connections; end when the others have ended
  void cut();    // end them now
  void use(pipeline::ConfigurationPtr configuration, std::shared_ptr<record::AccessLog> log);
  void flush_log();
  std::future<std::vector<pipeline::TopKeys::Entry>> top_keys();
  std::future<std::size_t> judge_tunnels(pipeline::PolicyPtr policy);  // how many were closed
  // The same for the tunnels of these users, who are not signed in any more.
  std::future<std::size_t> sign_out(std::shared_ptr<const identity::Users> users);
  const record::WorkerMetrics& metrics() const noexcept { return metrics_; }
  const record::RuleHits& rule_hits() const noexcept { return rule_hits_; }
  bool has_ended() const noexcept { return ended_.load(std::memory_order_acquire); }

 private:
  void run();
  void stop_accepting();
  static Task<> accept_loop(Worker* worker, net::Listener* listener);
  static Task<> tick_loop(Worker* worker);
  static Task<> deliver(Worker* worker);
  Task<> pause_accepting(std::string why);
  void note_failure(const std::exception_ptr& failure);
  template <typename Coroutine>
  void spawn(Coroutine coroutine);

  pipeline::ConfigurationPtr configuration_;
  const std::uint64_t connection_limit_;
  record::WorkerMetrics metrics_;
  record::RuleHits rule_hits_;
  TimerWheel wheel_;
  HexIdGenerator ids_;
  pipeline::TopKeys top_keys_;
  net::PipePool pipes_;
  pipeline::PolicyView policy_;
  pipeline::TunnelRegistry tunnels_;
  pipeline::LogBuffer log_;
  pipeline::ConnectionRegistry connections_;
  bool draining_ = false;
  SteadyTime stop_at_ = SteadyTime::max();
  SteadyTime next_complaint_ = SteadyTime::min();  // about accepting that pauses
  std::atomic<bool> ended_{false};

  // Reset in tear_down(), in this order from the last to the first.
  std::unique_ptr<asio::io_context> context_;
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<upstream::Resolver> resolver_;
  std::unique_ptr<upstream::Connector> connector_;
  std::unique_ptr<upstream::Pool> pool_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::unique_ptr<pipeline::Services> services_;
  std::thread thread_;
};

}  // namespace sluice
