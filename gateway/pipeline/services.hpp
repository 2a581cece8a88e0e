#pragma once

#include <memory>
#include <string>

#include "cache/content_memory.hpp"
#include "cache/store.hpp"
#include "gateway/base/hexid.hpp"
#include "gateway/base/mailbox.hpp"
#include "gateway/base/thread_pool.hpp"
#include "gateway/base/timer_wheel.hpp"
#include "gateway/config/configuration.hpp"
#include "gateway/identity/verifier.hpp"
#include "gateway/net/pipe_pool.hpp"
#include "gateway/pipeline/disk_tier.hpp"
#include "gateway/pipeline/fill_table.hpp"
#include "gateway/pipeline/log_buffer.hpp"
#include "gateway/pipeline/open_exchanges.hpp"
#include "gateway/pipeline/policy_in_force.hpp"
#include "gateway/pipeline/recent_keys.hpp"
#include "gateway/pipeline/top_keys.hpp"
#include "gateway/pipeline/tunnel_registry.hpp"
#include "gateway/record/metrics.hpp"
#include "gateway/record/rule_hits.hpp"
#include "gateway/upstream/connector.hpp"
#include "gateway/upstream/pool.hpp"

namespace sluice::pipeline {

using ConfigurationPtr = std::shared_ptr<const config::Configuration>;

// What a step may use: everything of one worker, and what the workers share. Lives as long as the worker.
struct Services {
  // The worker's own.
  asio::io_context& context;
  TimerWheel& wheel;
  Mailbox& mailbox;
  record::WorkerMetrics& metrics;
  record::RuleHits& rule_hits;
  upstream::Pool& pool;
  upstream::Connector& connector;
  net::PipePool& pipes;
  PolicyView& policy;
  TunnelRegistry& tunnels;
  LogBuffer& log;
  HexIdGenerator& ids;
  TopKeys& top_keys;
  ConfigurationPtr& configuration;  // replaced on reload; an exchange keeps the one it began with
  const bool& draining;
  // Shared.
  cache::Store& memory;
  cache::ContentMemory* content;  // for large content; null when the system has none
  DiskTier* disk;                 // null without one
  FillTable& fills;
  OpenExchanges& open_exchanges;
  RecentKeys& uncacheable;
  RecentKeys& purged;
  cache::PurgeTable& purges;
  identity::Verifier& verifier;
  const std::string& via_name;  // our pseudonym in Via: unique, so that a loop is seen at the first return

  // Is there a disk tier that may store something?
  bool has_open_disk() const { return disk != nullptr && disk->is_open(); }
};

}  // namespace sluice::pipeline
