#include "gateway/control/list_fetcher.hpp"

#include <thread>

#include <gmock/gmock.h>

#include "gateway/base/file.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tls_peer.hpp"
#include "tests/unit/control_server/running_daemon.hpp"

namespace sluice::control {
namespace {

using support::Authority;
using support::ManualOrigin;
using support::Peer;
using testing::HasSubstr;

class ListFetcherTest : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  ~ListFetcherTest() override {
    if (origin_thread_.joinable()) { origin_thread_.join(); }
  }

  void start(FetchOptions options) {
    fetcher_.reset();  // ahead of the context that it runs on
    context_ = std::make_unique<asio::io_context>();
    fetcher_ = std::make_unique<ListFetcher>(directory_.in("lists"));
    fetcher_->start(*context_, std::move(options));
  }

  // The origin's answers, one for each connection that comes, in this order; requests are kept.
  void serve(std::vector<std::string> answers) {
    origin_thread_ = std::thread([this, answers = std::move(answers)] {
      for (const std::string& answer : answers) {
        Peer peer = origin_.accept();
        requests_.push_back(peer.read_head());
        peer.send(answer);
      }
    });
  }
  void serve_securely(std::vector<std::string> answers, bool says_end) {
    origin_thread_ = std::thread([this, answers = std::move(answers), says_end] {
      for (const std::string& answer : answers) {
        support::TlsPeer peer(origin_.accept().release(), identity_);
        if (!peer.accept()) { return; }
        requests_.push_back(peer.receive_head());
        peer.send(answer);
        if (says_end) { peer.finish(); }
      }
    });
  }

  policy::ListDeclaration list(std::string url) const {
    policy::ListDeclaration declared;
    declared.name = "names";
    declared.path = std::move(url);
    declared.refresh = 86400;
    return declared;
  }
  // Asks for it, due or not, and comes back with the alarm.
  std::string fetch(const policy::ListDeclaration& declared) {
    bool is_done = false;
    fetcher_->fetch({declared}, true, [&is_done] { is_done = true; });
    context_->restart();
    context_->run();
    EXPECT_TRUE(is_done);
    EXPECT_FALSE(fetcher_->is_fetching());
    if (origin_thread_.joinable()) { origin_thread_.join(); }
    return fetcher_->alarm(declared);
  }
  std::string fetch(const std::string& url) { return fetch(list(url)); }
  std::string kept() const { return read_file(directory_.in("lists/names.fetched")).value_or("nothing"); }
  std::string secure_url(std::string_view path) const { return "https://" + origin_.host() + std::string(path); }
  FetchOptions trusting_options() {
    const std::string file = directory_.in("authority.pem");
    EXPECT_TRUE(replace_file(file, authority_.pem()));
    return {.resolver = {}, .trust = file};
  }

  test::Directory directory_;
  ManualOrigin origin_;
  Authority authority_;
  support::Certified identity_ = authority_.certify({.names = "IP:127.0.0.1"});
  std::vector<std::string> requests_;
  std::thread origin_thread_;
  std::unique_ptr<asio::io_context> context_;
  std::unique_ptr<ListFetcher> fetcher_;
};

std::string ok(std::string_view content, std::string_view fields = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(content.size()) +
         "\r\n\r\n" + std::string(content);
}
std::string redirect(const std::string& location) {
  return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

TEST_F(ListFetcherTest, AListIsFetchedIntoAFileOfItsOwn) {
  serve({ok("a.example\n")});
  const auto declared = list(origin_.url("/names.txt?today"));
  EXPECT_EQ(fetcher_->alarm(declared), "it was not fetched yet");
  EXPECT_TRUE(fetcher_->is_any_due({declared}));
  EXPECT_EQ(fetch(declared), "");
  EXPECT_EQ(kept(), "a.example\n");
  EXPECT_FALSE(fetcher_->is_any_due({declared}));
  EXPECT_EQ(fetcher_->local(declared).path, directory_.in("lists/names.fetched"));
  EXPECT_THAT(requests_.at(0),
              testing::StartsWith("GET /names.txt?today HTTP/1.1\r\nHost: " + origin_.host() + "\r\n"));
  EXPECT_THAT(requests_.at(0), testing::Not(HasSubstr("If-")));
}

TEST_F(ListFetcherTest, TheNextRequestIsConditional) {
  serve({ok("a.example\n", "ETag: \"1\"\r\nLast-Modified: Thu, 26 Nov 2026 07:00:00 GMT\r\n")});
  const std::string url = origin_.url("/names.txt");
  EXPECT_EQ(fetch(url), "");
  serve({"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"});
  EXPECT_EQ(fetch(url), "");
  EXPECT_THAT(requests_.at(1), HasSubstr("\r\nIf-None-Match: \"1\"\r\n"));
  EXPECT_THAT(requests_.at(1), HasSubstr("\r\nIf-Modified-Since: Thu, 26 Nov 2026 07:00:00 GMT\r\n"));
  EXPECT_EQ(kept(), "a.example\n");
  // Over a restart too, but not from another place.
  start({});
  serve({"HTTP/1.1 304 Not Modified\r\n\r\n"});
  EXPECT_EQ(fetch(url), "");
  EXPECT_THAT(requests_.at(2), HasSubstr("If-None-Match"));
  serve({ok("b.example\n")});
  EXPECT_EQ(fetch(origin_.url("/other.txt")), "");
  EXPECT_THAT(requests_.at(3), testing::Not(HasSubstr("If-None-Match")));
  EXPECT_EQ(kept(), "b.example\n");
}

TEST_F(ListFetcherTest, ChunksAndInterimResponsesAreRead) {
  serve(
      {"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "4\r\na.ex\r\n6\r\nample\n\r\n0\r\n\r\n"});
  EXPECT_EQ(fetch(origin_.url("/names.txt")), "");
  EXPECT_EQ(kept(), "a.example\n");
}

TEST_F(ListFetcherTest, WhatCannotBeTakenLeavesWhatIsThereAndSaysWhy) {
  const std::string url = origin_.url("/names.txt");
  serve({ok("a.example\n")});
  EXPECT_EQ(fetch(url), "");
  const std::vector<std::pair<std::string, std::string>> kCases{
      {"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n", "the answer is 503"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nhalf", "the response is cut"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "the response is cut"},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "the response does not say where it ends"},
      {ok("x", "Content-Encoding: gzip\r\n"), "the content is coded (gzip)"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 536870913\r\n\r\n", "the content is larger than 512 MiB"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhalf", "Parsing"},
      {"SSH-2.0-server\r\n\r\n", "Parsing"},
      {"", "the response is cut"},
      {redirect("ftp://lists.example/"), "no http or https URL"},
  };
  for (const auto& [answer, why] : kCases) {
    serve({answer});
    const std::string alarm = fetch(url);
    EXPECT_THAT(alarm, testing::StartsWith(url)) << answer;
    EXPECT_THAT(alarm, HasSubstr(why)) << answer;
    EXPECT_EQ(kept(), "a.example\n") << answer;
  }
  serve({ok("b.example\n")});
  EXPECT_EQ(fetch(url), "");
  EXPECT_EQ(kept(), "b.example\n");
}

TEST_F(ListFetcherTest, NobodyThereIsSaidSo) {
  const std::string url = [] { return ManualOrigin().url("/names.txt"); }();  // gone already
  EXPECT_THAT(fetch(url), testing::AllOf(testing::StartsWith(url), HasSubstr("Connection refused")));
}

TEST_F(ListFetcherTest, RedirectsAreFollowedToAnEnd) {
  const std::string url = origin_.url("/");
  serve({redirect("/names.txt"), redirect(origin_.url("/there.txt")), ok("a.example\n")});
  EXPECT_EQ(fetch(url), "");
  EXPECT_THAT(requests_.at(1), testing::StartsWith("GET /names.txt "));
  EXPECT_THAT(requests_.at(2), testing::StartsWith("GET /there.txt "));
  serve({redirect("/"), redirect("/"), redirect("/"), redirect("/"), redirect("/"), redirect("/")});
  EXPECT_THAT(fetch(url), HasSubstr("too many redirects"));
}

// RFC 9110 10.2.2: "the final value is computed by resolving it against the target URI".
TEST_F(ListFetcherTest, ARelativeRedirectIsResolvedAgainstTheUrlThatGaveIt) {
  const std::string url = origin_.url("/lists/daily/names.txt?day=1");
  const std::vector<std::pair<std::string, std::string>> kCases{
      {"there.txt", "/lists/daily/there.txt"},
      {"./there.txt?x=%2F", "/lists/daily/there.txt?x=%2F"},
      {"../there.txt", "/lists/there.txt"},
      {"../../../there.txt", "/there.txt"},
      {"?day=2", "/lists/daily/names.txt?day=2"},
      {"/there.txt#top", "/there.txt"},
      {"//" + origin_.host() + "/there.txt", "/there.txt"},
      {origin_.url("/there.txt#top"), "/there.txt"},
  };
  for (const auto& [location, target] : kCases) {
    requests_.clear();
    serve({redirect(location), ok("a.example\n")});
    EXPECT_EQ(fetch(url), "") << location;
    EXPECT_THAT(requests_.at(1),
                testing::StartsWith("GET " + target + " HTTP/1.1\r\nHost: " + origin_.host() + "\r\n"));
  }
  requests_.clear();
  serve({redirect("a/b/c"), redirect("../d"), ok("b.example\n")});
  EXPECT_EQ(fetch(url), "");
  EXPECT_THAT(requests_.at(2), testing::StartsWith("GET /lists/daily/a/d "));
}

TEST_F(ListFetcherTest, ARelativeRedirectLeadsToNoEndlessChainAndToNoOtherScheme) {
  const std::string url = origin_.url("/names.txt");
  serve(std::vector<std::string>(6, redirect("a/")));
  EXPECT_THAT(fetch(url), HasSubstr("too many redirects"));
  for (const std::string location : {"mailto:lists@lists.example", "file:///etc/hosts", "http:names.txt", "//"}) {
    serve({redirect(location)});
    EXPECT_THAT(fetch(url), HasSubstr("no http or https URL")) << location;
  }
  EXPECT_EQ(kept(), "nothing");
}

TEST_F(ListFetcherTest, ARelativeRedirectStaysWithTls) {
  start(trusting_options());
  serve_securely({redirect("there.txt"), ok("a.example\n")}, true);
  EXPECT_EQ(fetch(secure_url("/lists/names.txt")), "");
  EXPECT_THAT(requests_.at(1), testing::StartsWith("GET /lists/there.txt "));
}

TEST_F(ListFetcherTest, SilenceEndsAtTheLimit) {
  start({.resolver = {}, .trust = "", .patience = milliseconds(300)});
  std::optional<Peer> silent;
  origin_thread_ = std::thread([&] { silent.emplace(origin_.accept()); });
  EXPECT_THAT(fetch(origin_.url("/names.txt")), HasSubstr("nothing came for too long"));
}

TEST_F(ListFetcherTest, TlsIsTheSameWithAServerThatProvesItsName) {
  start(trusting_options());
  serve_securely({ok("a.example\n", "ETag: \"1\"\r\n")}, true);
  const std::string url = secure_url("/names.txt");
  EXPECT_EQ(fetch(url), "");
  EXPECT_EQ(kept(), "a.example\n");
  EXPECT_THAT(requests_.at(0), HasSubstr("\r\nHost: " + origin_.host() + "\r\n"));
  serve_securely({"HTTP/1.1 304 Not Modified\r\n\r\n"}, true);
  EXPECT_EQ(fetch(url), "");
  EXPECT_THAT(requests_.at(1), HasSubstr("\r\nIf-None-Match: \"1\"\r\n"));
}

TEST_F(ListFetcherTest, TlsProvesTheEndThatNothingElseSays) {
  start(trusting_options());
  serve_securely({"HTTP/1.1 200 OK\r\n\r\na.example\n"}, true);
  EXPECT_EQ(fetch(secure_url("/names.txt")), "");
  serve_securely({"HTTP/1.1 200 OK\r\n\r\nb.exa"}, false);
  EXPECT_THAT(fetch(secure_url("/names.txt")), HasSubstr("cut ahead of the end"));
  EXPECT_EQ(kept(), "a.example\n");
}

TEST_F(ListFetcherTest, AServerThatProvesNothingIsNotAsked) {
  serve_securely({ok("a.example\n")}, true);
  const std::string url = secure_url("/names.txt");
  EXPECT_THAT(fetch(url), testing::StartsWith(url + ": the certificate of 127.0.0.1 is not trusted: "));
  EXPECT_EQ(kept(), "nothing");
  EXPECT_TRUE(requests_.empty());
  // Its authority is trusted from the next fetch on, without a restart.
  fetcher_->trust(trusting_options().trust);
  serve_securely({ok("a.example\n")}, true);
  EXPECT_EQ(fetch(url), "");
}

TEST_F(ListFetcherTest, AFileOfAuthoritiesThatIsMissingIsNamed) {
  start({.resolver = {}, .trust = directory_.in("missing.pem")});
  EXPECT_THAT(fetch(secure_url("/names.txt")), HasSubstr("lists.trust: " + directory_.in("missing.pem") +
                                                         ": no certificates can be read from it (No such file"));
}

TEST_F(ListFetcherTest, FromHttpToHttpsIsFollowedAndNotBack) {
  start(trusting_options());
  origin_thread_ = std::thread([this] {
    for (const std::string& answer : {redirect(secure_url("/there.txt")), ok("a.example\n")}) {
      const bool is_secure = !requests_.empty();
      Peer peer = origin_.accept();
      if (!is_secure) {
        requests_.push_back(peer.read_head());
        peer.send(answer);
        continue;
      }
      support::TlsPeer secure(peer.release(), identity_);
      EXPECT_TRUE(secure.accept());
      requests_.push_back(secure.receive_head());
      secure.send(answer);
    }
  });
  EXPECT_EQ(fetch(origin_.url("/names.txt")), "");
  EXPECT_EQ(kept(), "a.example\n");
  serve_securely({redirect(origin_.url("/plain.txt"))}, true);
  const std::string alarm = fetch(secure_url("/names.txt"));
  EXPECT_THAT(alarm, HasSubstr("(redirected to " + origin_.url("/plain.txt") + ")"));
  EXPECT_THAT(alarm, HasSubstr("a redirect from https to http is not followed"));
  EXPECT_EQ(kept(), "a.example\n");
}

TEST_F(ListFetcherTest, AHandshakeThatTakesTooLongIsCut) {
  auto options = trusting_options();
  options.patience = milliseconds(300);
  start(std::move(options));
  std::optional<Peer> silent;
  origin_thread_ = std::thread([&] { silent.emplace(origin_.accept()); });
  EXPECT_THAT(fetch(secure_url("/names.txt")), HasSubstr("the TLS handshake took too long"));
}

TEST_F(ListFetcherTest, TheFetcherMayGoWhileItIsFetching) {
  bool is_done = false;
  fetcher_->fetch({list(origin_.url("/names.txt"))}, true, [&is_done] { is_done = true; });
  context_->poll();
  Peer peer = origin_.accept();
  fetcher_.reset();
  peer.close();
  context_->restart();
  context_->run();
  EXPECT_FALSE(is_done);
  // And the context with what waits on it.
  start({});
  fetcher_->fetch({list(origin_.url("/names.txt"))}, true, [] {});
  context_->poll();
  Peer other = origin_.accept();
  fetcher_.reset();
  context_.reset();
}

}  // namespace
}  // namespace sluice::control
