#include "gateway/worker_pool.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <signal.h>

namespace sluice {
namespace {

constexpr auto kWorkerAnswer = std::chrono::milliseconds(500);

}  // namespace

void WorkerPool::make(Shared& shared, const pipeline::ConfigurationPtr& configuration,
                      const std::shared_ptr<record::AccessLog>& log, OpenListeners& listeners,
                      std::uint64_t connections_each) {
  for (auto& sockets : listeners.sockets) {
    workers_.push_back(std::make_unique<Worker>(shared, configuration, log, std::move(sockets), connections_each));
  }
}

void WorkerPool::start() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the main thread takes the signals
  for (auto& worker : workers_) { worker->start(); }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void WorkerPool::join() {
  for (auto& worker : workers_) { worker->join(); }
}

void WorkerPool::tear_down() {
  for (auto& worker : workers_) { worker->tear_down(); }
  workers_.clear();
}

void WorkerPool::drain() {
  for (auto& worker : workers_) { worker->drain(); }
}

void WorkerPool::cut() {
  for (auto& worker : workers_) { worker->cut(); }
}

bool WorkerPool::have_ended() const {
  return std::ranges::all_of(workers_, [](const auto& worker) { return worker->has_ended(); });
}

void WorkerPool::use(const pipeline::ConfigurationPtr& configuration, const std::shared_ptr<record::AccessLog>& log) {
  for (auto& worker : workers_) { worker->use(configuration, log); }
}

void WorkerPool::flush_logs() {
  for (auto& worker : workers_) { worker->flush_log(); }
}

// All are asked ahead of the first answer; those that came in time are given.
template <typename Ask>
auto WorkerPool::ask_each(Ask ask) {
  std::vector<decltype(ask(*workers_.front()))> asked;
  for (auto& worker : workers_) { asked.push_back(ask(*worker)); }
  std::vector<decltype(asked.front().get())> answers;
  for (auto& answer : asked) {
    if (answer.wait_for(kWorkerAnswer) == std::future_status::ready) { answers.push_back(answer.get()); }
  }
  return answers;
}

std::size_t WorkerPool::judge_tunnels(const pipeline::PolicyPtr& policy) {
  const auto closed = ask_each([&](Worker& worker) { return worker.judge_tunnels(policy); });
  return std::reduce(closed.begin(), closed.end());
}

std::size_t WorkerPool::sign_out(const identity::Users& users) {
  if (users.empty()) { return 0; }
  const auto shared = std::make_shared<const identity::Users>(users);
  const auto closed = ask_each([&](Worker& worker) { return worker.sign_out(shared); });
  return std::reduce(closed.begin(), closed.end());
}

std::vector<pipeline::TopKeys::Entry> WorkerPool::top_keys() {
  std::vector<pipeline::TopKeys::Entry> all;
  for (auto& entries : ask_each([](Worker& worker) { return worker.top_keys(); })) {
    std::ranges::move(entries, std::back_inserter(all));
  }
  return all;
}

record::HitsByRule WorkerPool::rule_hits() const {
  record::HitsByRule all;
  for (const auto& worker : workers_) { worker->rule_hits().add_to(all); }
  return all;
}

std::vector<const record::WorkerMetrics*> WorkerPool::metrics() const {
  std::vector<const record::WorkerMetrics*> all;
  for (const auto& worker : workers_) { all.push_back(&worker->metrics()); }
  return all;
}

}  // namespace sluice
