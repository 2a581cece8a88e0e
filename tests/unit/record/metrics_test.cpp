#include "gateway/record/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/record/sample_record.hpp"

namespace sluice::record {
namespace {

using Forward = cache::CacheStatus::Forward;

TEST(Outcome, HasOneWordEach) {
  std::vector<std::string_view> words;
  for (int i = 0; i < static_cast<int>(Outcome::count_); ++i) { words.push_back(to_string(static_cast<Outcome>(i))); }
  EXPECT_THAT(words, testing::ElementsAre("hit", "stale_hit", "validated", "collapsed", "miss", "bypass", "denied",
                                          "redirected", "error", "tunnel", "local"));
}

TEST(Outcome, FollowsTheRecord) {
  const auto forwarded = [](Forward forward, int status, int answered) {
    AccessRecord record = forwarded_record();
    record.cache.forward = forward;
    record.cache.forward_status = answered;
    record.status = status;
    return record;
  };
  AccessRecord stale = sample_record();
  stale.cache.ttl = cache::Seconds(-7);
  AccessRecord just_stale = sample_record();
  just_stale.cache.ttl = cache::Seconds(0);
  AccessRecord denied = sample_record();
  denied.decision.verdict = policy::Verdict::deny;
  AccessRecord redirected = sample_record();
  redirected.decision.verdict = policy::Verdict::redirect;
  redirected.status = 302;
  AccessRecord tunnel = sample_record();
  tunnel.cache = {};
  tunnel.tunnel = true;
  AccessRecord upgraded = tunnel;
  upgraded.status = 101;
  AccessRecord collapsed = forwarded_record();
  collapsed.cache.collapsed = true;
  AccessRecord local = sample_record();
  local.cache = {};

  struct Case {
    const char* name;
    AccessRecord record;
    Outcome expected;
  };
  const Case cases[] = {
      {"hit", sample_record(), Outcome::hit},
      {"hit cut by the client", with_error(sample_record(), ErrorKind::client_gone, 200), Outcome::hit},
      {"stale", stale, Outcome::stale_hit},
      {"stale for less than a second", just_stale, Outcome::stale_hit},
      {"stale because the origin fails", with_error(stale, ErrorKind::connection_refused, 200), Outcome::stale_hit},
      {"miss", forwarded_record(), Outcome::miss},
      {"miss by vary", forwarded(Forward::vary_miss, 200, 0), Outcome::miss},
      {"client forced", forwarded(Forward::request, 200, 0), Outcome::miss},
      {"stale and changed", forwarded(Forward::stale, 200, 0), Outcome::miss},
      {"stale and validated", forwarded(Forward::stale, 200, 304), Outcome::validated},
      {"validated for a conditional client", forwarded(Forward::stale, 304, 0), Outcome::validated},
      {"validated because the client asked", forwarded(Forward::request, 200, 304), Outcome::validated},
      {"the client's own validation", forwarded(Forward::uri_miss, 304, 0), Outcome::miss},
      {"bypass", forwarded(Forward::bypass, 200, 0), Outcome::bypass},
      {"method", forwarded(Forward::method, 200, 0), Outcome::bypass},
      {"collapsed", collapsed, Outcome::collapsed},
      {"denied by a rule", denied, Outcome::denied},
      {"denied after resolution", with_error(local, ErrorKind::destination_ip_prohibited, 403), Outcome::denied},
      {"redirected", redirected, Outcome::redirected},
      {"a tunnel that a redirect holds for", with_error(redirected, ErrorKind::http_request_denied, 403),
       Outcome::denied},
      {"more than the client may have open", with_error(local, ErrorKind::client_limit_reached, 429), Outcome::denied},
      {"asked for a name", with_error(local, ErrorKind::authentication_required, 407), Outcome::denied},
      {"tunnel", tunnel, Outcome::tunnel},
      {"upgraded", upgraded, Outcome::tunnel},
      {"tunnel that ended badly", with_error(tunnel, ErrorKind::connection_terminated, 200), Outcome::tunnel},
      {"tunnel never opened", with_error(tunnel, ErrorKind::connection_refused, 502), Outcome::error},
      {"origin refused", with_error(forwarded_record(), ErrorKind::connection_refused, 502), Outcome::error},
      {"origin cut", with_error(forwarded_record(), ErrorKind::http_response_incomplete, 200), Outcome::error},
      {"client gone in the middle", with_error(forwarded_record(), ErrorKind::client_gone, 200), Outcome::miss},
      {"client gone before", with_error(forwarded_record(), ErrorKind::client_gone, 0), Outcome::error},
      {"malformed", with_error(AccessRecord{}, ErrorKind::http_request_error, 400), Outcome::error},
      {"only-if-cached", with_error(local, ErrorKind::only_if_cached, 504), Outcome::miss},
      {"TRACE that ends here", with_error(local, ErrorKind::not_acceptable_method, 200), Outcome::local},
      {"generated", local, Outcome::local},
  };
  for (const auto& [name, record, expected] : cases) {
    EXPECT_EQ(to_string(outcome_of(record)), to_string(expected)) << name;
  }
}

TEST(Histogram, BucketsIncludeTheirUpperBound) {
  struct Case {
    std::int64_t microseconds;
    int bucket;
  };
  const Case cases[] = {{-5, 0},
                        {0, 0},
                        {1, 0},
                        {64, 0},
                        {65, 1},
                        {128, 1},
                        {129, 2},
                        {256, 2},
                        {257, 3},
                        {64LL << 20, 20},
                        {(64LL << 20) + 1, 21},
                        {1LL << 50, 21}};
  for (const auto& [microseconds, bucket] : cases) {
    Histogram histogram;
    histogram.observe(std::chrono::microseconds(microseconds));
    EXPECT_EQ(histogram.bucket(bucket), 1U) << microseconds;
  }
  EXPECT_DOUBLE_EQ(Histogram::upper_bound_seconds(0), 64e-6);
  EXPECT_NEAR(Histogram::upper_bound_seconds(Histogram::kBuckets - 1), 67.1, 0.1);
}

TEST(WorkerMetrics, CountsARecordInEveryFamily) {
  WorkerMetrics metrics;
  metrics.count(forwarded_record());
  metrics.count(sample_record());
  metrics.count(with_error(AccessRecord{}, ErrorKind::http_request_error, 400));
  EXPECT_EQ(metrics.requests[static_cast<int>(Outcome::miss)].value(), 1U);
  EXPECT_EQ(metrics.requests[static_cast<int>(Outcome::hit)].value(), 1U);
  EXPECT_EQ(metrics.requests[static_cast<int>(Outcome::error)].value(), 1U);
  EXPECT_EQ(metrics.verdicts[static_cast<int>(policy::Verdict::allow)].value(), 2U);
  EXPECT_EQ(metrics.verdicts[static_cast<int>(policy::Verdict::undecided)].value(), 1U);
  EXPECT_EQ(metrics.status_class[2].value(), 2U);
  EXPECT_EQ(metrics.status_class[4].value(), 1U);
  EXPECT_EQ(metrics.misses[static_cast<int>(cache::MissCause::cold)].value(), 1U);
  EXPECT_EQ(metrics.errors[static_cast<int>(ErrorKind::http_request_error)].value(), 1U);
  EXPECT_EQ(metrics.received.value(), 642U);
  EXPECT_EQ(metrics.sent.value(), 9134U);
}

TEST(WorkerMetrics, ATunnelHasNoRequestDuration) {
  WorkerMetrics metrics;
  AccessRecord tunnel = sample_record();
  tunnel.cache = {};
  tunnel.tunnel = true;
  metrics.count(tunnel);
  EXPECT_EQ(metrics.duration.sum_microseconds(), 0U);
  EXPECT_EQ(metrics.first_byte.sum_microseconds(), 2345U);
}

TEST(Totals, AreSumsOverWorkers) {
  WorkerMetrics first, second;
  first.count(sample_record());
  second.count(sample_record());
  second.count(forwarded_record());
  second.connections_open.add(5);
  second.connections_open.sub(2);
  first.tunnels_open.add();
  const Totals totals = sum({&first, &second});
  EXPECT_EQ(totals.all_requests, 3U);
  EXPECT_EQ(totals.requests[static_cast<int>(Outcome::hit)], 2U);
  EXPECT_EQ(totals.misses[static_cast<int>(cache::MissCause::cold)], 1U);
  EXPECT_EQ(totals.connections_open, 3U);
  EXPECT_EQ(totals.tunnels_open, 1U);
  EXPECT_EQ(totals.received, 963U);
}

}  // namespace
}  // namespace sluice::record
