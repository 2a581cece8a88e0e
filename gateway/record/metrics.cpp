#include "gateway/record/metrics.hpp"

#include <algorithm>
#include <bit>

namespace sluice::record {
namespace {

// Errors that end an exchange whose response was already under way and right: what it was before they came stands.
bool is_error_of_nobody(const AccessRecord& record) {
  switch (*record.error) {
    case ErrorKind::client_gone:
    case ErrorKind::idle_timeout:
    case ErrorKind::shutting_down:
      return record.status != 0;
    case ErrorKind::only_if_cached:
    case ErrorKind::not_acceptable_method:
      return true;
    default:
      return false;
  }
}

bool is_denied(const AccessRecord& record) {
  return record.decision.verdict == policy::Verdict::deny || record.decision.verdict == policy::Verdict::reject ||
         record.error == ErrorKind::http_request_denied || record.error == ErrorKind::authentication_required ||
         record.error == ErrorKind::destination_ip_prohibited || record.error == ErrorKind::client_limit_reached;
}

// The stored response was sent because the origin said that it still holds (RFC 9111 section 4.3.4).
bool is_validated(const AccessRecord& record) {
  using Forward = cache::CacheStatus::Forward;
  const bool may_validate = record.cache.forward == Forward::stale || record.cache.forward == Forward::request;
  const int answered = record.cache.forward_status != 0 ? record.cache.forward_status : record.status;
  return may_validate && answered == 304;
}

Outcome outcome_of_forward(const AccessRecord& record) {
  using Forward = cache::CacheStatus::Forward;
  switch (record.cache.forward) {
    case Forward::none:
      return record.error == ErrorKind::only_if_cached ? Outcome::miss : Outcome::local;
    case Forward::bypass:
    case Forward::method:
      return Outcome::bypass;
    default:
      return is_validated(record) ? Outcome::validated : Outcome::miss;
  }
}

// Established: a CONNECT that was answered with an error never became a tunnel.
bool was_tunnel(const AccessRecord& record) {
  return record.tunnel && ((record.status >= 200 && record.status < 300) || record.status == 101);
}

}  // namespace

void Histogram::observe(std::chrono::microseconds time) noexcept {
  const std::uint64_t microseconds = time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0;
  // Bucket i takes times up to and including 64 us << i.
  const int index = microseconds <= 64 ? 0 : std::bit_width((microseconds - 1) >> 6);
  buckets_[static_cast<std::size_t>(std::min(index, kBuckets))].add();
  sum_.add(microseconds);
}

double Histogram::upper_bound_seconds(int i) noexcept {
  return static_cast<double>(64ULL << i) / 1e6;
}

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::hit:
      return "hit";
    case Outcome::stale_hit:
      return "stale_hit";
    case Outcome::validated:
      return "validated";
    case Outcome::collapsed:
      return "collapsed";
    case Outcome::miss:
      return "miss";
    case Outcome::bypass:
      return "bypass";
    case Outcome::denied:
      return "denied";
    case Outcome::redirected:
      return "redirected";
    case Outcome::error:
      return "error";
    case Outcome::tunnel:
      return "tunnel";
    case Outcome::local:
      return "local";
    case Outcome::count_:
      break;
  }
  return "local";
}

Outcome outcome_of(const AccessRecord& record) noexcept {
  if (is_denied(record)) { return Outcome::denied; }
  if (record.decision.verdict == policy::Verdict::redirect) { return Outcome::redirected; }
  if (was_tunnel(record)) { return Outcome::tunnel; }
  if (record.cache.hit) {
    // A response whose remaining freshness is none is stale (RFC 9111 4.2): its ttl (RFC 9211 2.4) is not positive.
    return record.cache.ttl && record.cache.ttl->count() <= 0 ? Outcome::stale_hit : Outcome::hit;
  }
  if (record.error && !is_error_of_nobody(record)) { return Outcome::error; }
  if (record.cache.collapsed) { return Outcome::collapsed; }
  return outcome_of_forward(record);
}

void WorkerMetrics::count(const AccessRecord& record) noexcept {
  requests[static_cast<std::size_t>(outcome_of(record))].add();
  verdicts[static_cast<std::size_t>(record.decision.verdict)].add();
  const int hundreds = record.status / 100;
  status_class[static_cast<std::size_t>(hundreds >= 1 && hundreds <= 5 ? hundreds : 0)].add();
  if (record.cache.cause != cache::MissCause::none) { misses[static_cast<std::size_t>(record.cache.cause)].add(); }
  if (record.error) { errors[static_cast<std::size_t>(*record.error)].add(); }
  // A tunnel's duration is how long someone wanted it, not how long the gateway took.
  if (!was_tunnel(record)) { duration.observe(record.duration); }
  if (record.status != 0) { first_byte.observe(record.first_byte); }
  received.add(record.received);
  sent.add(record.sent);
}

Totals sum(const std::vector<const WorkerMetrics*>& workers) {
  Totals totals;
  for (const WorkerMetrics* worker : workers) {
    for (std::size_t i = 0; i < totals.requests.size(); ++i) {
      totals.requests[i] += worker->requests[i].value();
      totals.all_requests += worker->requests[i].value();
    }
    for (std::size_t i = 0; i < totals.misses.size(); ++i) { totals.misses[i] += worker->misses[i].value(); }
    totals.connections_open += worker->connections_open.value();
    totals.tunnels_open += worker->tunnels_open.value();
    totals.received += worker->received.value();
    totals.sent += worker->sent.value();
  }
  return totals;
}

}  // namespace sluice::record
