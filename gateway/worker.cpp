#include "gateway/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <pthread.h>

#include "gateway/base/timer.hpp"
#include "gateway/control/say.hpp"
#include "gateway/net/address.hpp"
#include "gateway/resolver_options.hpp"

namespace sluice {

namespace {

constexpr milliseconds kIdleTick{200};      // while no deadline is armed
constexpr milliseconds kCutPatience{1000};  // for what was cut to end by itself
constexpr milliseconds kAcceptPause{100};   // after the descriptors ran out
constexpr std::chrono::seconds kComplaintInterval{10};

Task<> pause(asio::io_context& context, milliseconds time) {
  Timer timer(context, time);
  boost::system::error_code ended;
  co_await timer.async_wait(asio::redirect_error(use_task, ended));
}

}  // namespace

Worker::Worker(Shared& shared, pipeline::ConfigurationPtr configuration, std::shared_ptr<record::AccessLog> log,
               std::vector<net::ListenSocket> sockets, std::uint64_t connection_limit)
    : configuration_(std::move(configuration)),
      connection_limit_(connection_limit),
      policy_(shared.policy),
      log_(std::move(log)),
      context_(std::make_unique<asio::io_context>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE)),
      mailbox_(std::make_unique<Mailbox>(*context_)),
      resolver_(std::make_unique<upstream::Resolver>(*context_, resolver_options(*configuration_), metrics_)),
      connector_(std::make_unique<upstream::Connector>(*context_, wheel_, *resolver_, metrics_)),
      pool_(std::make_unique<upstream::Pool>(metrics_)) {
  for (auto& socket : sockets) { listeners_.push_back(std::make_unique<net::Listener>(*context_, std::move(socket))); }
  services_ = std::make_unique<pipeline::Services>(pipeline::Services{*context_,
                                                                      wheel_,
                                                                      *mailbox_,
                                                                      metrics_,
                                                                      rule_hits_,
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
                                                                      shared.memory,
                                                                      shared.content,
                                                                      shared.disk,
                                                                      shared.fills,
                                                                      shared.open_exchanges,
                                                                      shared.uncacheable,
                                                                      shared.purged,
                                                                      shared.purges,
                                                                      shared.verifier,
                                                                      shared.via_name});
}

Worker::~Worker() {
  SLUICE_ASSERT(!thread_.joinable(), "a worker is joined before it goes");
}

// A coroutine that throws is a fault of ours: it is counted and said, and the worker goes on.
void Worker::note_failure(const std::exception_ptr& failure) {
  if (failure == nullptr) { return; }
  metrics_.errors[static_cast<int>(ErrorKind::proxy_internal_error)].add();
  control::say_failure_of("worker")(failure);
}

template <typename Coroutine>
void Worker::spawn(Coroutine coroutine) {
  asio::co_spawn(*context_, std::move(coroutine), [this](const std::exception_ptr& failure) { note_failure(failure); });
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (thread_.joinable()) { thread_.join(); }
}

void Worker::run() {
  pthread_setname_np(pthread_self(), "worker");
  spawn(deliver(this));
  spawn(tick_loop(this));
  for (auto& listener : listeners_) { spawn(accept_loop(this, listener.get())); }
  context_->run();
  log_.flush();
  ended_.store(true, std::memory_order_release);
}

void Worker::tear_down() {
  mailbox_->close();
  listeners_.clear();
  pool_.reset();
  connector_.reset();
  resolver_.reset();
  context_.reset();  // ends the coroutines, which use the services to the last
  services_.reset();
}

Task<> Worker::deliver(Worker* worker) {
  co_await worker->mailbox_->run();
}

Task<> Worker::pause_accepting(std::string why) {
  metrics_.accept_paused.add();
  if (const auto now = coarse_now(); now >= next_complaint_) {
    next_complaint_ = now + kComplaintInterval;
    control::say("new clients wait: " + why + "; limits.connections and the limit of open files (ulimit -n) bound it");
  }
  co_await pause(*context_, kAcceptPause);
}

Task<> Worker::accept_loop(Worker* worker, net::Listener* listener) {
  auto& metrics = worker->metrics_;
  while (!worker->draining_) {
    if (worker->connections_.size() >= worker->connection_limit_) {
      co_await worker->pause_accepting(std::to_string(worker->connection_limit_) +
                                       " clients are connected to one worker");
      continue;
    }
    auto accepted = co_await listener->accept();
    if (!accepted && accepted.error() == asio::error::operation_aborted) { co_return; }  // closed: it drains
    if (!accepted) {
      // Established clients go on; new ones wait in the kernel's queue until a descriptor is free again. A client that
      // went away while it waited there costs nobody else a pause.
      if (accepted.error() != asio::error::connection_aborted) {
        co_await worker->pause_accepting(accepted.error().message());
      }
      continue;
    }
    metrics.connections_accepted.add();
    auto client = std::make_unique<http1::ClientConnection>(*worker->context_, std::move(accepted->socket),
                                                            worker->wheel_, net::to_address(accepted->from.address()),
                                                            accepted->from.port(), listener->mode(), listener->name());
    metrics.connections_open.add();
    asio::co_spawn(*worker->context_,
                   pipeline::serve_connection(worker->services_.get(), &worker->connections_, std::move(client)),
                   [worker](const std::exception_ptr& failure) {
                     worker->metrics_.connections_open.sub();
                     worker->note_failure(failure);
                   });
  }
}

// Fires deadlines, hands log lines over, and ends the loop once a drained worker has nothing left to do.
Task<> Worker::tick_loop(Worker* worker) {
  while (!worker->draining_ || (worker->connections_.size() > 0 && coarse_now() < worker->stop_at_)) {
    co_await pause(*worker->context_, worker->wheel_.is_empty() ? kIdleTick : TimerWheel::kTick);
    worker->wheel_.advance(coarse_now());
    worker->log_.flush();
  }
  worker->connections_.record_unfinished();
  worker->log_.flush();
  worker->context_->stop();
}

void Worker::stop_accepting() {
  draining_ = true;
  for (auto& listener : listeners_) { listener->close(); }
  pool_->clear();
}

void Worker::drain() {
  mailbox_->post([this] {
    stop_accepting();
    connections_.cancel_idle();
  });
}

void Worker::cut() {
  mailbox_->post([this] {
    stop_accepting();
    resolver_->cancel();
    net::Reactor::of(*context_).interrupt();
    stop_at_ = coarse_now() + kCutPatience;
  });
}

void Worker::use(pipeline::ConfigurationPtr configuration, std::shared_ptr<record::AccessLog> log) {
  mailbox_->post([this, configuration = std::move(configuration), log = std::move(log)]() mutable {
    configuration_ = std::move(configuration);
    log_.use(std::move(log));
  });
}

void Worker::flush_log() {
  mailbox_->post([this] { log_.flush(); });
}

std::future<std::vector<pipeline::TopKeys::Entry>> Worker::top_keys() {
  auto answer = std::make_shared<std::promise<std::vector<pipeline::TopKeys::Entry>>>();
  auto future = answer->get_future();
  mailbox_->post([this, answer] { answer->set_value(top_keys_.entries()); });
  return future;
}

std::future<std::size_t> Worker::judge_tunnels(pipeline::PolicyPtr policy) {
  auto answer = std::make_shared<std::promise<std::size_t>>();
  auto future = answer->get_future();
  mailbox_->post([this, answer, policy = std::move(policy)] {
    answer->set_value(tunnels_.judge_again(policy, coarse_unix_now()));
  });
  return future;
}

std::future<std::size_t> Worker::sign_out(std::shared_ptr<const identity::Users> users) {
  auto answer = std::make_shared<std::promise<std::size_t>>();
  auto future = answer->get_future();
  mailbox_->post([this, answer, users = std::move(users)] {
    answer->set_value(tunnels_.sign_out(*users, policy_.current(), coarse_unix_now()));
  });
  return future;
}

}  // namespace sluice
