#pragma once

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <boost/asio/co_spawn.hpp>

#include "cache/memory_store.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/pipeline/serve_connection.hpp"
#include "gateway/pipeline/services.hpp"
#include "tests/support/peer.hpp"

namespace sluice::support {

inline pipeline::PolicyPtr policy_of(std::string_view text) {
  auto compiled = policy::Snapshot::compile(text, {});
  if (!compiled) { throw std::runtime_error("the policy of a test does not compile"); }
  return *compiled;
}

inline config::Configuration quick_configuration() {
  config::Configuration configuration;
  configuration.log.format = "none";
  return configuration;
}

// What the workers of one gateway share.
struct SharedParts {
  pipeline::PolicyInForce policy{policy_of("allow\n")};
  std::unique_ptr<cache::Store> memory = cache::make_memory_store({});
  std::shared_ptr<cache::ContentMemory> content = cache::ContentMemory::make(64 << 20).value();
  std::unique_ptr<pipeline::DiskTier> disk;
  pipeline::FillTable fills;
  pipeline::OpenExchanges open_exchanges;
  pipeline::RecentKeys uncacheable;
  pipeline::RecentKeys purged;
  cache::PurgeTable purges;
  identity::Verifier verifier{1, 16};
  std::string via_name = "sluice-test";
};

// One worker of the pipeline on a thread of its own, with a listener on loopback: all of a gateway's worker but
// start-up and drain.
class PipelineWorker {
 public:
  explicit PipelineWorker(SharedParts& shared, config::Configuration configuration = quick_configuration())
      : configuration_(std::make_shared<const config::Configuration>(std::move(configuration))),
        context_(std::make_unique<asio::io_context>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE)),
        mailbox_(std::make_unique<Mailbox>(*context_)),
        resolver_(std::make_unique<upstream::Resolver>(*context_, upstream::ResolverOptions{}, metrics)),
        connector_(std::make_unique<upstream::Connector>(*context_, wheel_, *resolver_, metrics)),
        pool_(std::make_unique<upstream::Pool>(metrics)),
        policy_(shared.policy),
        log_(std::make_shared<record::AccessLog>(record::AccessLog::Options{"-", record::LogFormat::none})) {
    auto sockets = net::bind_listeners(*policy::Address::parse("127.0.0.1"), 0, "explicit", 1);
    port_ = sockets.front().endpoint().port();
    listener_ = std::make_unique<net::Listener>(*context_, std::move(sockets.front()));
    services_ = std::make_unique<pipeline::Services>(pipeline::Services{*context_,
                                                                        wheel_,
                                                                        *mailbox_,
                                                                        metrics,
                                                                        rule_hits,
                                                                        *pool_,
                                                                        *connector_,
                                                                        pipes_,
                                                                        policy_,
                                                                        tunnels_,
                                                                        log_,
                                                                        ids_,
                                                                        top_keys_,
                                                                        configuration_,
                                                                        draining_,
                                                                        *shared.memory,
                                                                        shared.content.get(),
                                                                        shared.disk.get(),
                                                                        shared.fills,
                                                                        shared.open_exchanges,
                                                                        shared.uncacheable,
                                                                        shared.purged,
                                                                        shared.purges,
                                                                        shared.verifier,
                                                                        shared.via_name});
    thread_ = std::thread([this] { run(); });
  }
  ~PipelineWorker() {
    stop();
    mailbox_->close();
    listener_.reset();
    pool_.reset();
    connector_.reset();
    resolver_.reset();
    context_.reset();
  }
  PipelineWorker(const PipelineWorker&) = delete;
  PipelineWorker& operator=(const PipelineWorker&) = delete;

  // Ends the loop where it stands: what waits is destroyed later, with the worker.
  void stop() {
    if (!thread_.joinable()) { return; }
    mailbox_->post([this] { context_->stop(); });
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  Peer connect(int receive_buffer = 0) const { return Peer::connect_to(port_, receive_buffer); }

  // Runs the function on the worker, and returns what it returned.
  template <typename F>
  auto on_worker(F function) {
    std::packaged_task<std::invoke_result_t<F>()> task(std::move(function));
    auto future = task.get_future();
    mailbox_->post([&task] { task(); });
    return future.get();
  }
  pipeline::Services& services() { return *services_; }
  pipeline::ConnectionRegistry& connections() { return connections_; }
  std::size_t open_connections() {
    return on_worker([this] { return connections_.size(); });
  }

  record::WorkerMetrics metrics;
  record::RuleHits rule_hits;

 private:
  void run() {
    spawn(mailbox_->run());
    spawn(tick());
    spawn(accept());
    context_->run();
  }
  void spawn(Task<> task) {
    asio::co_spawn(*context_, std::move(task), [this](const std::exception_ptr& failure) {
      if (failure != nullptr) { metrics.errors[static_cast<int>(ErrorKind::proxy_internal_error)].add(); }
    });
  }
  Task<> tick() {
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> timer(
        *context_);
    for (;;) {
      boost::system::error_code ended;
      timer.expires_after(milliseconds(10));
      co_await timer.async_wait(asio::redirect_error(use_task, ended));
      wheel_.advance(coarse_now());
    }
  }
  Task<> accept() {
    for (;;) {
      auto accepted = co_await listener_->accept();
      if (!accepted) { co_return; }
      auto client = std::make_unique<http1::ClientConnection>(
          *context_, std::move(accepted->socket), wheel_, net::to_address(accepted->from.address()),
          accepted->from.port(), listener_->mode(), listener_->name());
      spawn(pipeline::serve_connection(services_.get(), &connections_, std::move(client)));
    }
  }

  pipeline::ConfigurationPtr configuration_;
  TimerWheel wheel_;
  std::unique_ptr<asio::io_context> context_;
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<upstream::Resolver> resolver_;
  std::unique_ptr<upstream::Connector> connector_;
  std::unique_ptr<upstream::Pool> pool_;
  net::PipePool pipes_;
  pipeline::PolicyView policy_;
  pipeline::TunnelRegistry tunnels_;
  pipeline::LogBuffer log_;
  HexIdGenerator ids_;
  pipeline::TopKeys top_keys_;
  bool draining_ = false;
  pipeline::ConnectionRegistry connections_;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<pipeline::Services> services_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace sluice::support
