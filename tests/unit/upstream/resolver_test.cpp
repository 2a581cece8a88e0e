#include "gateway/upstream/resolver.hpp"

#include <gtest/gtest.h>

#include "tests/unit/upstream/fake_dns_server.hpp"
#include "tests/unit/upstream/run_coroutine.hpp"

namespace sluice::upstream {
namespace {

using namespace std::chrono_literals;
using How = FakeDnsServer::How;
using testing_support::run;

// The clock of the answers: real time and what the test adds.
std::chrono::steady_clock::duration g_later{};
std::chrono::steady_clock::time_point later() {
  return std::chrono::steady_clock::now() + g_later;
}

std::string text_of(const Result<ResolvedPtr>& result) {
  if (!result) { return std::string(to_string(result.error().kind)); }
  std::string out = (*result)->from_last_good ? "last-good" : "";
  for (const auto& address : (*result)->addresses) { out += (out.empty() ? "" : " ") + address.text(); }
  return out;
}

class ResolverTest : public testing::Test {
 protected:
  ResolverTest() { g_later = {}; }

  ResolverOptions options() const {
    ResolverOptions options;
    options.servers = {dns_.address()};
    options.timeout = 20s;
    options.hosts_file = "/nonexistent/hosts";
    options.resolution_delay = 20s;
    options.now = &later;
    return options;
  }
  ResolverOptions impatient() const {
    ResolverOptions result = options();
    result.timeout = 40ms;
    return result;
  }
  Resolver& start(const ResolverOptions& options) { return resolver_.emplace(context_, options, metrics_); }
  std::string resolve(const std::string& host) { return text_of(run(context_, resolver_->resolve(host))); }
  // Begins to resolve and leaves it under way; the answer is put where `answer` points.
  void begin(const std::string& host, std::optional<std::string>& answer) {
    asio::co_spawn(context_, resolver_->resolve(host),
                   [&answer](std::exception_ptr, Result<ResolvedPtr> result) { answer = text_of(result); });
  }
  template <typename Condition>
  void run_until(Condition condition) {
    context_.restart();
    while (!condition() && context_.run_one() > 0) {}
  }

  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  FakeDnsServer dns_{context_};
  record::WorkerMetrics metrics_;
  std::optional<Resolver> resolver_;
};

TEST_F(ResolverTest, BothFamiliesAreAskedAndAnswered) {
  dns_.set("a.test", kA, {.addresses = {"192.0.2.1", "192.0.2.2"}});
  dns_.set("a.test", kAaaa, {.addresses = {"2001:db8::1"}});
  start(options());
  EXPECT_EQ(resolve("a.test"), "2001:db8::1 192.0.2.1 192.0.2.2");
  EXPECT_EQ(dns_.questions("a.test", kA), 1);
  EXPECT_EQ(dns_.questions("a.test", kAaaa), 1);
  EXPECT_EQ(metrics_.dns_queries.value(), 1U);
}

TEST_F(ResolverTest, OneFamilyIsEnough) {
  dns_.set("v4.test", kA, {.addresses = {"192.0.2.1"}});
  dns_.set("v4.test", kAaaa, {.how = How::no_data});
  dns_.set("v6.test", kAaaa, {.addresses = {"2001:db8::1"}});
  dns_.set("v6.test", kA, {.how = How::servfail});
  dns_.set("odd.test", kA, {.addresses = {"192.0.2.1"}});  // servers that deny a name because of AAAA exist
  start(options());
  EXPECT_EQ(resolve("v4.test"), "192.0.2.1");
  EXPECT_EQ(resolve("v6.test"), "2001:db8::1");
  EXPECT_EQ(resolve("odd.test"), "192.0.2.1");
}

TEST_F(ResolverTest, AnAnswerIsRememberedForItsTtl) {
  dns_.set("a.test", kA, {.addresses = {"192.0.2.1"}, .ttl = 30});
  dns_.set("a.test", kAaaa, {.how = How::no_data});
  Resolver& resolver = start(options());
  EXPECT_FALSE(resolver.find("a.test"));
  EXPECT_EQ(resolve("a.test"), "192.0.2.1");
  dns_.set("a.test", kA, {.addresses = {"192.0.2.2"}, .ttl = 30});
  ASSERT_TRUE(resolver.find("a.test"));
  EXPECT_EQ(resolve("a.test"), "192.0.2.1");
  EXPECT_EQ(metrics_.dns_answers_cached.value(), 2U);
  g_later = 31s;
  EXPECT_EQ(resolve("a.test"), "192.0.2.2");
}

TEST_F(ResolverTest, AnAliasOnTheWayMayShortenTheTtl) {
  dns_.set("www.test", kA, {.addresses = {"192.0.2.1"}, .ttl = 3600, .alias = "cdn.test", .alias_ttl = 5});
  dns_.set("www.test", kAaaa, {.how = How::no_data});
  start(options());
  EXPECT_EQ(resolve("www.test"), "192.0.2.1");
  g_later = 6s;
  EXPECT_FALSE(resolver_->find("www.test"));
}

TEST_F(ResolverTest, ANameThatDoesNotExistIsRememberedToo) {
  start(options());
  EXPECT_EQ(resolve("none.test"), "destination_not_found");
  EXPECT_EQ(resolve("none.test"), "destination_not_found");
  EXPECT_EQ(dns_.questions("none.test", kA), 1);
  EXPECT_EQ(metrics_.dns_failures.value(), 0U);
  dns_.set("none.test", kA, {.addresses = {"192.0.2.1"}});
  g_later = 11s;
  EXPECT_EQ(resolve("none.test"), "192.0.2.1");
}

TEST_F(ResolverTest, ANameWithoutAddressIsNotFound) {
  dns_.set("mail.test", kA, {.how = How::no_data});
  dns_.set("mail.test", kAaaa, {.how = How::no_data});
  start(options());
  EXPECT_EQ(resolve("mail.test"), "destination_not_found");
}

TEST_F(ResolverTest, NamesThatFitInNoQueryDoNotExist) {
  start(options());
  EXPECT_EQ(resolve("a..test"), "destination_not_found");
  EXPECT_EQ(resolve(std::string(64, 'x') + ".test"), "destination_not_found");
  EXPECT_EQ(dns_.questions(), 0);
}

TEST_F(ResolverTest, AServerThatFailsIsAnErrorOfTheDns) {
  dns_.set("bad.test", kA, {.how = How::servfail});
  dns_.set("bad.test", kAaaa, {.how = How::servfail});
  start(options());
  EXPECT_EQ(resolve("bad.test"), "dns_error");
  EXPECT_EQ(metrics_.dns_failures.value(), 1U);
}

TEST_F(ResolverTest, HalfAnAnswerAndHalfAFailureIsNoProofOfAbsence) {
  dns_.set("bad.test", kA, {.how = How::servfail});
  dns_.set("bad.test", kAaaa, {.how = How::no_data});
  start(options());
  EXPECT_EQ(resolve("bad.test"), "dns_error");
}

TEST_F(ResolverTest, ASilentServerIsATimeout) {
  dns_.set("slow.test", kA, {.how = How::silence});
  dns_.set("slow.test", kAaaa, {.how = How::silence});
  start(impatient());
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(resolve("slow.test"), "dns_timeout");
  EXPECT_GE(std::chrono::steady_clock::now() - before, 35ms);
  EXPECT_EQ(metrics_.dns_failures.value(), 1U);
}

TEST_F(ResolverTest, NonsenseIsIgnoredLikeSilence) {
  dns_.set("odd.test", kA, {.how = How::nonsense});
  dns_.set("odd.test", kAaaa, {.how = How::nonsense});
  start(impatient());
  const std::string answer = resolve("odd.test");
  EXPECT_TRUE(answer == "dns_timeout" || answer == "dns_error") << answer;
}

TEST_F(ResolverTest, TheLastGoodAnswerHelpsWhenTheDnsFails) {
  dns_.set("a.test", kA, {.addresses = {"192.0.2.1"}, .ttl = 5});
  dns_.set("a.test", kAaaa, {.how = How::no_data});
  start(options());
  EXPECT_EQ(resolve("a.test"), "192.0.2.1");
  dns_.set("a.test", kA, {.how = How::servfail});
  g_later = 10s;
  EXPECT_EQ(resolve("a.test"), "last-good 192.0.2.1");
  EXPECT_EQ(metrics_.dns_last_good.value(), 1U);
  dns_.set("a.test", kA, {.addresses = {"192.0.2.2"}});
  g_later = 15s;
  EXPECT_EQ(resolve("a.test"), "last-good 192.0.2.1");  // the DNS is left alone for a while
  g_later = 21s;
  EXPECT_EQ(resolve("a.test"), "192.0.2.2");
}

TEST_F(ResolverTest, QuestionsForOneNameAreAskedOnce) {
  dns_.set("a.test", kA, {.how = How::hold});
  dns_.set("a.test", kAaaa, {.how = How::hold});
  start(options());
  std::optional<std::string> answers[3];
  for (auto& answer : answers) { begin("a.test", answer); }
  run_until([&] { return dns_.held() == 2; });
  EXPECT_EQ(dns_.questions(), 2);
  dns_.set("a.test", kA, {.addresses = {"192.0.2.1"}});
  dns_.set("a.test", kAaaa, {.how = How::no_data});
  dns_.release();
  run_until([&] { return answers[0] && answers[1] && answers[2]; });
  for (const auto& answer : answers) { EXPECT_EQ(answer, "192.0.2.1"); }
  EXPECT_EQ(dns_.questions(), 2);
  EXPECT_EQ(metrics_.dns_queries.value(), 1U);
}

TEST_F(ResolverTest, OneFamilyDoesNotWaitLongForTheOther) {
  dns_.set("a.test", kA, {.addresses = {"192.0.2.1"}});
  dns_.set("a.test", kAaaa, {.how = How::hold});
  ResolverOptions hasty = options();
  hasty.resolution_delay = 5ms;
  start(hasty);
  EXPECT_EQ(resolve("a.test"), "192.0.2.1");
  EXPECT_EQ(resolve("a.test"), "192.0.2.1");  // from what is remembered
  dns_.set("a.test", kAaaa, {.addresses = {"2001:db8::1"}});
  dns_.release();
  run_until([&] { return text_of(*resolver_->find("a.test")) != "192.0.2.1"; });
  EXPECT_EQ(resolve("a.test"), "2001:db8::1 192.0.2.1");
  EXPECT_EQ(metrics_.dns_queries.value(), 1U);
}

TEST_F(ResolverTest, AddressesAndLocalhostNeverReachTheDns) {
  start(options());
  EXPECT_EQ(resolve("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(resolve("2001:db8::7"), "2001:db8::7");
  EXPECT_EQ(resolve("localhost"), "::1 127.0.0.1");
  EXPECT_EQ(resolve("api.localhost"), "::1 127.0.0.1");
  EXPECT_EQ(dns_.questions(), 0);
}

TEST_F(ResolverTest, FlushForgetsAnswers) {
  dns_.set("a.test", kA, {.addresses = {"192.0.2.1"}});
  start(options());
  EXPECT_EQ(resolve("a.test"), "192.0.2.1");
  dns_.set("a.test", kA, {.addresses = {"192.0.2.2"}});
  resolver_->flush();
  EXPECT_EQ(resolve("a.test"), "192.0.2.2");
}

TEST_F(ResolverTest, CancelAnswersThoseWhoWaitAndTheResolverGoesOn) {
  dns_.set("a.test", kA, {.how = How::hold});
  dns_.set("a.test", kAaaa, {.how = How::hold});
  start(options());
  std::optional<std::string> answer;
  begin("a.test", answer);
  run_until([&] { return dns_.held() == 2; });
  resolver_->cancel();
  run_until([&] { return answer.has_value(); });
  EXPECT_EQ(answer, "shutting_down");
  dns_.set("a.test", kA, {.addresses = {"192.0.2.1"}});
  dns_.set("a.test", kAaaa, {.how = How::no_data});
  EXPECT_EQ(resolve("a.test"), "192.0.2.1");
}

TEST_F(ResolverTest, DestroyedWithQuestionsOpenItAnswersThoseWhoWait) {
  dns_.set("a.test", kA, {.how = How::hold});
  dns_.set("a.test", kAaaa, {.how = How::hold});
  dns_.set("b.test", kA, {.addresses = {"192.0.2.1"}});
  dns_.set("b.test", kAaaa, {.how = How::hold});
  start(options());
  std::optional<std::string> first, second;
  begin("a.test", first);
  begin("b.test", second);
  run_until([&] { return dns_.held() == 3; });
  resolver_.reset();
  run_until([&] { return first && second; });
  EXPECT_EQ(first, "shutting_down");
  EXPECT_EQ(second, "shutting_down");
}

TEST_F(ResolverTest, DestroyedAfterATimeoutWithQuestionsStillOpenIsQuiet) {
  dns_.set("slow.test", kA, {.how = How::silence});
  dns_.set("slow.test", kAaaa, {.how = How::silence});
  ResolverOptions hasty = impatient();
  hasty.servers = {dns_.address(), dns_.address(), dns_.address()};
  start(hasty);
  EXPECT_EQ(resolve("slow.test"), "dns_timeout");
  resolver_.reset();
  context_.restart();
  context_.poll();
}

TEST_F(ResolverTest, AMalformedServerIsRefusedAtStartUp) {
  ResolverOptions wrong = options();
  wrong.servers = {"not an address"};
  EXPECT_THROW(Resolver(context_, wrong, metrics_), std::runtime_error);
}

TEST_F(ResolverTest, ManyNamesAtOnceAreAllAnswered) {
  constexpr int kNames = 60;  // the questions must fit into the receive buffer of the server
  start(options());
  std::vector<std::optional<std::string>> answers(kNames);
  for (int i = 0; i < kNames; ++i) {
    const std::string name = "n" + std::to_string(i) + ".test";
    dns_.set(name, kA, {.addresses = {"192.0.2." + std::to_string(i)}});
    dns_.set(name, kAaaa, {.how = How::no_data});
    begin(name, answers[static_cast<std::size_t>(i)]);
  }
  run_until([&] { return std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); }); });
  for (int i = 0; i < kNames; ++i) { EXPECT_EQ(answers[static_cast<std::size_t>(i)], "192.0.2." + std::to_string(i)); }
}

}  // namespace
}  // namespace sluice::upstream
