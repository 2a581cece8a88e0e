#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/base/error.hpp"
#include "gateway/base/task.hpp"
#include "gateway/record/metrics.hpp"
#include "gateway/upstream/dns_cache.hpp"
#include "gateway/upstream/dns_channel.hpp"
#include "gateway/upstream/hosts_file.hpp"

namespace sluice::upstream {

struct ResolverOptions {
  std::vector<std::string> servers;  // address[:port]; empty: those of /etc/resolv.conf, followed when it changes
  std::chrono::milliseconds timeout{3000};  // for a name, all servers and tries together
  std::chrono::seconds negative_ttl{10};
  std::chrono::seconds last_good{3600};
  std::size_t max_entries = 10000;
  std::string hosts_file = "/etc/hosts";
  // RFC 8305 section 3: how long one family's answer waits for the other's.
  std::chrono::milliseconds resolution_delay{50};
  // The clock that ages answers; tests have one of their own.
  std::chrono::steady_clock::time_point (*now)() = &std::chrono::steady_clock::now;
};

// Names to addresses: address literals, the hosts file, localhost, what is remembered, then the DNS, both families at
// once. Concurrent questions for one name are asked once.
// Thread: the worker's. Lifetime: must not outlive the io_context; when it is destroyed those who wait get an error.
class Resolver {
 public:
  Resolver(asio::io_context& context, ResolverOptions options, record::WorkerMetrics& metrics);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // REQUIRES: `host` is normalised (lower case, no trailing dot). Suspends only when the DNS has to be asked.
  // Errors: destination_not_found, dns_timeout, dns_error (upstream); shutting_down when cancelled.
  Task<Result<ResolvedPtr>> resolve(std::string host);

  // The same without asking anyone; nullopt: resolve() would have to wait.
  std::optional<Result<ResolvedPtr>> find(std::string_view host);

  void cancel();  // those who wait get shutting_down
  void flush();   // forgets every answer, expired ones too

 private:
  struct Lookup;
  using Time = std::chrono::steady_clock::time_point;

  std::shared_ptr<Lookup> join_or_start(std::string host);
  void start(const std::shared_ptr<Lookup>& lookup);
  void on_reply(const std::shared_ptr<Lookup>& lookup, Family family, DnsReply reply);
  void on_deadline(const std::shared_ptr<Lookup>& lookup);
  void arm(const std::shared_ptr<Lookup>& lookup, std::chrono::milliseconds delay);
  void conclude(Lookup& lookup, bool is_complete);
  DnsCache::Answer judge(const Lookup& lookup, bool is_complete);
  void finish(Lookup& lookup, const DnsCache::Answer& answer);
  void follow_resolv_conf(Time now);
  std::unique_ptr<DnsChannel> open_channel();

  asio::io_context& context_;
  ResolverOptions options_;
  record::WorkerMetrics& metrics_;
  DnsCache cache_;
  HostsFile hosts_;
  std::unordered_map<std::string, std::shared_ptr<Lookup>> in_flight_;
  std::unique_ptr<DnsChannel> channel_;
  std::vector<std::unique_ptr<DnsChannel>> retired_;  // of an older resolv.conf, with questions open
  Time next_look_{};
  std::int64_t resolv_conf_version_ = 0;
};

}  // namespace sluice::upstream
