#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/control/list_keeper.hpp"
#include "gateway/control/policy_keeper.hpp"
#include "gateway/control/protocol.hpp"
#include "gateway/pipeline/services.hpp"
#include "gateway/record/access_log.hpp"
#include "gateway/record/metrics.hpp"
#include "gateway/record/rule_hits.hpp"

namespace sluice::control {

// What the control socket and the metrics listener see of the running daemon, and what they may ask of it.
// Thread: the main thread. Lifetime: the gateway's.
struct Daemon {
  std::string version;
  double started = 0;  // seconds since the epoch
  std::string config_file;
  std::string state_directory;
  std::vector<ListenerStatus> listeners;
  std::string metrics_address;  // "" when off
  std::vector<const record::WorkerMetrics*> workers;

  PolicyKeeper& policies;
  ListKeeper& lists;
  cache::Store& memory;
  pipeline::DiskTier* disk;  // null without one
  pipeline::FillTable& fills;
  pipeline::RecentKeys& uncacheable;
  pipeline::RecentKeys& purged;
  cache::PurgeTable& purges;
  std::function<std::vector<pipeline::TopKeys::Entry>()> top_keys;  // of every worker

  std::function<pipeline::ConfigurationPtr()> configuration;
  std::function<std::shared_ptr<record::AccessLog>()> log;
  std::function<std::string()> log_file;
  std::function<void()> flush_logs;  // what workers still hold reaches the log's thread soon
  std::function<Answer<ConfigReload>(const std::string& by)> reload;
  std::function<Drain()> drain;
  std::function<bool()> is_draining;
  std::function<record::HitsByRule()> rule_hits{};  // of all runs; none where nobody counts
};

// The gauges of the moment, for the exposition and the status.
record::Gauges gauges(const Daemon& daemon);

}  // namespace sluice::control
