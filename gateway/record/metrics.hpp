#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "cache/store.hpp"
#include "gateway/record/access_record.hpp"

namespace sluice::record {

// A counter written by one worker and read by anyone: no lock prefix on the hot path.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void sub(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Latency in buckets of powers of two from 64 us to 67 s, and a sum.
class Histogram {
 public:
  static constexpr int kBuckets = 21;
  void observe(std::chrono::microseconds time) noexcept;
  std::uint64_t bucket(int i) const noexcept { return buckets_[i].value(); }  // not cumulative
  static double upper_bound_seconds(int i) noexcept;
  std::uint64_t sum_microseconds() const noexcept { return sum_.value(); }

 private:
  std::array<Counter, kBuckets + 1> buckets_;
  Counter sum_;
};

// The outcome words of a request, for metrics and the status line.
enum class Outcome : std::uint8_t {
  hit,
  stale_hit,
  validated,
  collapsed,
  miss,
  bypass,
  denied,
  redirected,
  error,
  tunnel,
  local,
  count_
};
std::string_view to_string(Outcome outcome) noexcept;
Outcome outcome_of(const AccessRecord& record) noexcept;

// All counters of one worker. Written only by it.
struct WorkerMetrics {
  std::array<Counter, static_cast<int>(Outcome::count_)> requests;
  std::array<Counter, policy::kVerdicts> verdicts;
  std::array<Counter, 6> status_class;  // 0: none, 1xx .. 5xx
  std::array<Counter, static_cast<int>(cache::MissCause::count_)> misses;
  std::array<Counter, static_cast<int>(ErrorKind::count_)> errors;  // by kind
  Histogram duration;
  Histogram first_byte;
  Counter received, sent;  // octets, client side
  Counter upstream_received, upstream_sent;
  Counter connections_accepted, connections_open;
  Counter upstream_opened, upstream_reused, upstream_open, upstream_retried;
  Counter tunnels_opened, tunnels_open;
  Counter dns_queries, dns_answers_cached, dns_failures, dns_last_good;
  Counter accept_paused;  // descriptor limit reached

  void count(const AccessRecord& record) noexcept;
};

// What is not counted by workers, read at the time of the scrape.
struct Gauges {
  std::uint64_t memory_budget = 0, memory_used = 0, rss = 0;
  cache::StoreStats memory_store, disk_store;
  std::uint64_t log_lines_dropped = 0;
  std::uint64_t policy_version = 0, policy_rules = 0, policy_alarms = 0;
  std::uint64_t lists = 0, list_octets = 0, list_alarms = 0;
  double start_time = 0;  // seconds since the epoch
  std::uint64_t workers = 0, open_descriptors = 0, descriptor_limit = 0;
};

// Sums over workers in one readable struct; also for `sluice status`.
struct Totals {
  std::array<std::uint64_t, static_cast<int>(Outcome::count_)> requests{};
  std::array<std::uint64_t, static_cast<int>(cache::MissCause::count_)> misses{};
  std::uint64_t all_requests = 0, connections_open = 0, tunnels_open = 0, received = 0, sent = 0;
};
Totals sum(const std::vector<const WorkerMetrics*>& workers);

// The Prometheus text exposition of everything above, each metric with HELP and TYPE, names `sluice_*`.
std::string exposition(const std::vector<const WorkerMetrics*>& workers, const Gauges& gauges);

}  // namespace sluice::record
