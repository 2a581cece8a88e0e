#include "tests/unit/control_server/running_daemon.hpp"

namespace sluice::control::test {
namespace {

using record::Outcome;

record::Counter& requests(RunningDaemon& daemon, Outcome outcome) {
  return daemon.counters().requests[static_cast<std::size_t>(outcome)];
}

TEST(StatusCommand, SaysWhatRunsAndWhatItDid) {
  RunningDaemon daemon;
  requests(daemon, Outcome::hit).add(6);
  requests(daemon, Outcome::validated).add(1);
  requests(daemon, Outcome::miss).add(1);
  requests(daemon, Outcome::denied).add(4);
  daemon.counters().tunnels_open.add(2);
  daemon.counters().connections_open.add(5);
  Client client(daemon.socket());
  const auto status = client.ask_for<Status>(command::kStatus);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->version, "1.2.3");
  EXPECT_EQ(status->pid, ::getpid());
  EXPECT_GT(status->uptime, 0);
  EXPECT_FALSE(status->draining);
  EXPECT_EQ(status->workers, 1U);
  EXPECT_EQ(status->listeners.at(0).address, "127.0.0.1:3128");
  EXPECT_EQ(status->policy.version, 1U);
  EXPECT_EQ(status->policy.rules, 2U);
  EXPECT_EQ(status->policy.file, daemon.policy_file());
  EXPECT_EQ(status->requests.total, 12U);
  EXPECT_EQ(status->requests.by_outcome.at("hit"), 6U);
  EXPECT_GT(status->requests_per_second, 0);
  EXPECT_DOUBLE_EQ(status->hit_ratio, 7.0 / 8);
  EXPECT_EQ(status->denied, 4U);
  EXPECT_EQ(status->tunnels, 2U);
  EXPECT_EQ(status->connections, 5U);
  EXPECT_GT(status->memory.rss, 0U);
  EXPECT_GT(status->memory.budget, 0U);
  EXPECT_TRUE(status->memory_cache.enabled);
  EXPECT_TRUE(status->disk_cache.enabled);
  EXPECT_EQ(status->log.format, "json");
  EXPECT_EQ(status->metrics, daemon.metrics_address());
}

TEST(StatusCommand, WatchesUntilThePeerCloses) {
  RunningDaemon daemon;
  {
    Client client(daemon.socket());
    client.send(encode(Request{"status", {{"watch", true}, {"interval", 0.1}}}));
    for (int i = 0; i < 3; ++i) {
      const auto sample = client.next();
      ASSERT_TRUE(sample) << sample.error().message;
      EXPECT_EQ((*sample)["version"], "1.2.3");
    }
  }
  EXPECT_TRUE(Client(daemon.socket()).ask(command::kStatus));
}

TEST(StatusCommand, RefusesAnIntervalOutOfRange) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  for (const double interval : {0.0, 0.01, -1.0, 61.0, 1e300}) {
    const auto answer = client.ask(command::kStatus, {{"watch", true}, {"interval", interval}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::bad_request) << interval;
  }
}

TEST(StatusCommand, CacheStatsNameOutcomesAndCauses) {
  RunningDaemon daemon;
  requests(daemon, Outcome::miss).add(3);
  daemon.counters().misses[1].add(2);
  Client client(daemon.socket());
  const auto stats = client.ask_for<CacheStats>(command::kCacheStats);
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->by_outcome.at("miss"), 3U);
  EXPECT_EQ(stats->misses.at(std::string(cache::to_string(static_cast<cache::MissCause>(1)))), 2U);
  EXPECT_EQ(stats->misses.count(std::string(cache::to_string(cache::MissCause::none))), 0U);
  EXPECT_EQ(stats->hit_ratio, 0);
}

TEST(HitRatio, IsUnknownBeforeTheFirstRequestThatCountsForIt) {
  record::Totals totals;
  EXPECT_FALSE(hit_ratio(totals));
  totals.requests[static_cast<std::size_t>(Outcome::denied)] = 5;
  totals.requests[static_cast<std::size_t>(Outcome::bypass)] = 5;
  EXPECT_FALSE(hit_ratio(totals));
  totals.requests[static_cast<std::size_t>(Outcome::miss)] = 3;
  totals.requests[static_cast<std::size_t>(Outcome::collapsed)] = 1;
  EXPECT_DOUBLE_EQ(hit_ratio(totals).value_or(-1), 0.25);
}

TEST(LiveLine, SaysInOneLineWhatTheGatewayDoes) {
  RunningDaemon daemon;
  const Rates rates(std::chrono::steady_clock::now(), 0);
  EXPECT_TRUE(live_line(daemon.daemon(), rates).starts_with("   0.0 req/s   hit -   denied 0   tunnels 0   "));
  requests(daemon, Outcome::hit).add(2);
  requests(daemon, Outcome::miss).add(1);
  requests(daemon, Outcome::denied).add(3);
  daemon.counters().connections_open.add(12);
  const auto line = live_line(daemon.daemon(), rates);
  EXPECT_NE(line.find("   hit 66.7 %   denied 3   tunnels 0   connections 12   rss "), std::string::npos) << line;
  EXPECT_TRUE(line.ends_with(" MiB")) << line;
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(DaemonCommands, ConfigIsShownAsYaml) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto shown = client.ask_for<ConfigShow>(command::kConfigShow);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->file, "/etc/sluice/sluice.yaml");
  EXPECT_NE(shown->yaml.find("listeners"), std::string::npos);
}

TEST(DaemonCommands, ReloadGivesItsResultOrItsErrorWithDiagnostics) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto reloaded = client.ask_for<ConfigReload>(command::kConfigReload);
  ASSERT_TRUE(reloaded);
  EXPECT_EQ(reloaded->changed, std::vector<std::string>{"log.format"});

  RunningDaemon refusing;
  refusing.set_reload([]() -> Answer<ConfigReload> {
    return std::unexpected(Error{ErrorCode::invalid_configuration,
                                 "no",
                                 "sluice config check",
                                 {{"error", "sluice.yaml", 7, 1, "wrong", "", "wrong"}}});
  });
  Client other(refusing.socket());
  const auto refused = other.ask(command::kConfigReload);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_configuration);
  EXPECT_EQ(refused.error().diagnostics.at(0).line, 7);
}

TEST(DaemonCommands, WhatThrowsIsAnAnswerAndTheDaemonGoesOn) {
  RunningDaemon daemon;
  daemon.set_reload([]() -> Answer<ConfigReload> { throw std::runtime_error("the disk is on fire"); });
  Client client(daemon.socket());
  const auto answer = client.ask(command::kConfigReload);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::failed);
  EXPECT_NE(answer.error().message.find("the disk is on fire"), std::string::npos);
  EXPECT_TRUE(client.ask(command::kStatus));
}

TEST(DaemonCommands, DrainTellsWhatIsStillOpen) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto drained = client.ask_for<Drain>(command::kDrain);
  ASSERT_TRUE(drained);
  EXPECT_EQ(drained->connections, 3U);
  EXPECT_EQ(daemon.drains(), 1);
  EXPECT_TRUE(client.ask_for<Status>(command::kStatus)->draining);
}

}  // namespace
}  // namespace sluice::control::test
