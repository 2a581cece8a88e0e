#include "gateway/control/status.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <unistd.h>

#include "gateway/base/descriptor_limit.hpp"

namespace sluice::control {
namespace {

using record::Outcome;
using record::Totals;

std::uint64_t count_of(const Totals& totals, Outcome outcome) noexcept {
  return totals.requests[static_cast<std::size_t>(outcome)];
}

std::map<std::string, std::uint64_t> by_outcome(const Totals& totals) {
  std::map<std::string, std::uint64_t> words;
  for (std::size_t i = 0; i < totals.requests.size(); ++i) {
    words.emplace(to_string(static_cast<Outcome>(i)), totals.requests[i]);
  }
  return words;
}

// The first cause says that there was no miss.
std::map<std::string, std::uint64_t> by_cause(const Totals& totals) {
  std::map<std::string, std::uint64_t> words;
  for (std::size_t i = 1; i < totals.misses.size(); ++i) {
    words.emplace(cache::to_string(static_cast<cache::MissCause>(i)), totals.misses[i]);
  }
  return words;
}

std::map<std::string, double> shares_of(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t all = 0;
  for (const auto& [word, count] : counts) { all += count; }
  std::map<std::string, double> shares;
  for (const auto& [word, count] : counts) {
    shares.emplace(word, all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all));
  }
  return shares;
}

StoreStatus store_status(const cache::StoreStats& stats, bool is_enabled, bool is_closed = false) {
  return {is_enabled,   is_closed,    stats.responses, stats.octets,  stats.held,
          stats.budget, stats.stores, stats.evictions, stats.refused, stats.errors};
}

StoreStatus memory_status(const Daemon& daemon, const record::Gauges& now) {
  return store_status(now.memory_store, daemon.configuration()->cache.enabled && now.memory_store.budget > 0);
}

StoreStatus disk_status(const Daemon& daemon, const record::Gauges& now) {
  const bool is_open = daemon.disk != nullptr && daemon.disk->is_open();
  const auto& cache = daemon.configuration()->cache;
  return store_status(now.disk_store, is_open, daemon.disk != nullptr && !is_open && cache.enabled && cache.disk != 0);
}

PolicyStatus policy_status(const Daemon& daemon, const record::Gauges& now) {
  const PolicyKeeper& policies = daemon.policies;
  PolicyStatus status{now.policy_version, now.policy_rules, policies.file(), policies.alarm(), 0, 0};
  if (const auto& waits = policies.unconfirmed()) {
    status.unconfirmed = waits->number;
    status.confirm_until = static_cast<double>(waits->deadline.time_since_epoch().count());
  }
  return status;
}

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double requests_per_second(const Rates& rates, const Totals& totals) {
  return rates.per_second(std::chrono::steady_clock::now(), totals.all_requests);
}

void add_traffic(const Totals& totals, const Rates& rates, Status& status) {
  status.requests = {totals.all_requests, by_outcome(totals)};
  status.requests_per_second = requests_per_second(rates, totals);
  status.hit_ratio = hit_ratio(totals).value_or(0);
  status.denied = count_of(totals, Outcome::denied);
  status.connections = totals.connections_open;
  status.tunnels = totals.tunnels_open;
  status.received = totals.received;
  status.sent = totals.sent;
}

}  // namespace

std::optional<double> hit_ratio(const Totals& totals) {
  const std::uint64_t answered = count_of(totals, Outcome::hit) + count_of(totals, Outcome::stale_hit) +
                                 count_of(totals, Outcome::validated) + count_of(totals, Outcome::collapsed);
  const std::uint64_t all = answered + count_of(totals, Outcome::miss);
  if (all == 0) { return std::nullopt; }
  return static_cast<double>(answered) / static_cast<double>(all);
}

Status status_of(const Daemon& daemon, const Rates& rates) {
  const record::Gauges now = gauges(daemon);
  Status status;
  status.version = daemon.version;
  status.pid = ::getpid();
  status.started = daemon.started;
  status.uptime = std::max(0.0, unix_now() - daemon.started);
  status.draining = daemon.is_draining();
  status.workers = now.workers;
  status.listeners = daemon.listeners;
  status.policy = policy_status(daemon, now);
  status.lists = daemon.lists.status();
  add_traffic(record::sum(daemon.workers), rates, status);
  status.memory = {now.memory_budget, now.memory_used, now.rss};
  status.memory_cache = memory_status(daemon, now);
  status.disk_cache = disk_status(daemon, now);
  status.log = {daemon.log_file(), daemon.configuration()->log.format, now.log_lines_dropped};
  status.metrics = daemon.metrics_address;
  status.config_file = daemon.config_file;
  status.state_directory = daemon.state_directory;
  return status;
}

CacheStats cache_stats_of(const Daemon& daemon) {
  const record::Gauges now = gauges(daemon);
  const Totals totals = record::sum(daemon.workers);
  CacheStats stats;
  stats.memory = memory_status(daemon, now);
  stats.disk = disk_status(daemon, now);
  stats.hit_ratio = hit_ratio(totals).value_or(0);
  stats.by_outcome = by_outcome(totals);
  stats.misses = by_cause(totals);
  stats.miss_shares = shares_of(stats.misses);
  stats.purges = daemon.purges.size();
  return stats;
}

std::string live_line(const Daemon& daemon, const Rates& rates) {
  const Totals totals = record::sum(daemon.workers);
  char hits[16] = "-";
  if (const auto ratio = hit_ratio(totals)) { std::snprintf(hits, sizeof hits, "%.1f %%", *ratio * 100); }
  char line[160];
  std::snprintf(
      line, sizeof line, "%6.1f req/s   hit %s   denied %llu   tunnels %llu   connections %llu   rss %llu MiB",
      requests_per_second(rates, totals), static_cast<const char*>(hits),
      static_cast<unsigned long long>(count_of(totals, Outcome::denied)),
      static_cast<unsigned long long>(totals.tunnels_open), static_cast<unsigned long long>(totals.connections_open),
      static_cast<unsigned long long>(resident_memory() >> 20));
  return static_cast<const char*>(line);
}

}  // namespace sluice::control
