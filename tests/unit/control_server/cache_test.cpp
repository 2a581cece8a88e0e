#include "cache/partial_content.hpp"
#include "tests/unit/control_server/running_daemon.hpp"

namespace sluice::control::test {
namespace {

using std::chrono::seconds;

const Lines kVaries = {{"Cache-Control", "max-age=60"}, {"Vary", "Accept-Language"}};

TEST(CacheCommands, ShowNamesEveryVariantOfBothTiersWithItsAges) {
  RunningDaemon daemon;
  const std::string key = "http://a.example/x?y=1";
  ASSERT_TRUE(
      daemon.memory().put(response(key, {{"Cache-Control", "max-age=60"}, {"ETag", "\"1\""}}, {}, seconds(10))));
  ASSERT_TRUE(daemon.disk().store().put(response(key, {{"Cache-Control", "max-age=60"}}, {}, seconds(100))));
  Client client(daemon.socket());
  // Spelled as an operator may: normalised as a request's target is.
  const auto shown = client.ask_for<CacheShow>(command::kCacheShow, {{"url", "HTTP://A.Example:80/%78?y=1#part"}});
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_EQ(shown->key, key);
  ASSERT_EQ(shown->variants.size(), 2U);
  const auto& memory = shown->variants[0];
  EXPECT_EQ(memory.tier, "memory");
  EXPECT_EQ(memory.status, 200);
  EXPECT_NEAR(static_cast<double>(memory.age), 10, 2);
  EXPECT_NEAR(static_cast<double>(memory.ttl), 50, 2);
  ASSERT_EQ(memory.fields.size(), 2U);
  EXPECT_EQ(memory.fields[1].name, "ETag");
  EXPECT_EQ(memory.fields[1].value, "\"1\"");
  const auto& disk = shown->variants[1];
  EXPECT_EQ(disk.tier, "disk");
  EXPECT_NEAR(static_cast<double>(disk.ttl), -40, 2);
}

TEST(CacheCommands, NothingStoredIsAnAnswer) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto shown = client.ask_for<CacheShow>(command::kCacheShow, {{"url", "http://a.example"}});
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->key, "http://a.example/");
  EXPECT_TRUE(shown->variants.empty());
  EXPECT_EQ(client.ask_for<CachePurge>(command::kCachePurge, {{"url", "http://a.example"}})->responses, 0U);
}

TEST(CacheCommands, PurgeCountsAVariantOnceAndEmptiesBothTiers) {
  RunningDaemon daemon;
  const std::string key = "http://a.example/";
  const auto german = response(key, kVaries, {{"Accept-Language", "de"}}, seconds(1));
  const auto french = response(key, kVaries, {{"Accept-Language", "fr"}}, seconds(1));
  const auto dutch = response(key, kVaries, {{"Accept-Language", "nl"}}, seconds(1));
  ASSERT_TRUE(daemon.memory().put(german));
  ASSERT_TRUE(daemon.memory().put(french));
  ASSERT_TRUE(daemon.disk().store().put(french));
  ASSERT_TRUE(daemon.disk().store().put(dutch));
  Client client(daemon.socket());
  ASSERT_EQ(client.ask_for<CacheShow>(command::kCacheShow, {{"url", key}})->variants.size(), 4U);
  const auto purged = client.ask_for<CachePurge>(command::kCachePurge, {{"url", key}, {"hard", true}});
  ASSERT_TRUE(purged);
  EXPECT_EQ(purged->scope, "url");
  EXPECT_EQ(purged->name, key);
  EXPECT_EQ(purged->mode, "hard");
  EXPECT_EQ(purged->responses, 3U);
  EXPECT_TRUE(client.ask_for<CacheShow>(command::kCacheShow, {{"url", key}})->variants.empty());
}

TEST(CacheCommands, ASoftPurgeMakesEveryVariantStaleAndKeepsIt) {
  RunningDaemon daemon;
  const std::string key = "http://a.example/";
  const auto german = response(key, kVaries, {{"Accept-Language", "de"}}, seconds(1));
  const auto french = response(key, kVaries, {{"Accept-Language", "fr"}}, seconds(1));
  ASSERT_TRUE(daemon.memory().put(german));
  ASSERT_TRUE(daemon.disk().store().put(german));
  ASSERT_TRUE(daemon.disk().store().put(french));
  Client client(daemon.socket());
  const auto purged = client.ask_for<CachePurge>(command::kCachePurge, {{"url", key}});
  ASSERT_TRUE(purged);
  EXPECT_EQ(purged->mode, "soft");
  EXPECT_EQ(purged->responses, 2U);
  const auto shown = client.ask_for<CacheShow>(command::kCacheShow, {{"url", key}});
  ASSERT_EQ(shown->variants.size(), 3U);
  for (const auto& variant : shown->variants) { EXPECT_LE(variant.ttl, 0); }
}

TEST(CacheCommands, HostsPrefixesAndTagsArePurgedWithoutLookingAtWhatIsStored) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const auto purge = [&](const char* scope, const char* text) {
    return client.ask_for<CachePurge>(command::kCachePurge, {{scope, text}, {"hard", true}});
  };
  EXPECT_EQ(purge("host", "A.Example:80")->name, "a.example");
  EXPECT_EQ(purge("prefix", "http://a.example/%7Eb/")->name, "http://a.example/~b/");
  const auto tag = purge("tag", "News");
  EXPECT_EQ(tag->name, "News");
  EXPECT_EQ(tag->number, 3U);
  EXPECT_FALSE(tag->responses);
  EXPECT_EQ(daemon.purges().size(), 3U);
  const auto stored = response("http://b.example/", {{"Cache-Tag", "News"}}, {}, seconds(1));
  EXPECT_TRUE(daemon.purges().judge(stored->head).is_gone);
}

TEST(CacheCommands, APurgeNamesOneThing) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  const Json refused[] = {Json::object(),         {{"url", "http://a.example/"}, {"tag", "t"}},
                          {{"url", "a.example"}}, {{"host", "http://a.example/"}},
                          {{"host", "a b"}},      {{"prefix", "/img/"}},
                          {{"tag", "two words"}}};
  for (const auto& arguments : refused) {
    const auto answer = client.ask_for<CachePurge>(command::kCachePurge, arguments);
    ASSERT_FALSE(answer) << arguments.dump();
    EXPECT_EQ(answer.error().code, ErrorCode::bad_request);
  }
  EXPECT_EQ(daemon.purges().generation(), 0U);
}

TEST(CacheCommands, ListNamesWhatIsStoredOnceWhereverItIs) {
  RunningDaemon daemon;
  const Lines plain = {{"Cache-Control", "max-age=60"}, {"Cache-Tag", "news"}};
  for (int i = 0; i < 500; ++i) {
    const auto stored = response("http://a.example/" + std::to_string(1000 + i), plain, {}, seconds(1));
    ASSERT_TRUE(daemon.memory().put(stored));
    if (i % 2 == 0) { ASSERT_TRUE(daemon.disk().store().put(stored)); }
  }
  ASSERT_TRUE(
      daemon.disk().store().put(response("http://a.example:81/x", {{"Cache-Control", "max-age=60"}}, {}, seconds(1))));
  ASSERT_TRUE(daemon.memory().put(response("http://a.example.org/x", plain, {}, seconds(1))));
  Client client(daemon.socket());
  const auto list = [&](Json arguments) { return *client.ask_for<CacheList>(command::kCacheList, arguments); };
  EXPECT_EQ(list({{"limit", 10000}}).responses.size(), 502U);
  const auto host = list({{"host", "A.Example"}, {"limit", 10000}});
  EXPECT_EQ(host.responses.size(), 501U);
  EXPECT_FALSE(host.more);
  EXPECT_EQ(list({{"host", "a.example:81"}}).responses.size(), 1U);
  const auto some = list({{"prefix", "http://a.example/10"}, {"limit", 7}});
  ASSERT_EQ(some.responses.size(), 7U);
  EXPECT_TRUE(some.more);
  EXPECT_EQ(list({{"tag", "news"}, {"host", "a.example"}, {"limit", 1000}}).responses.size(), 500U);
  const auto both = list({{"prefix", "http://a.example/1000"}});
  ASSERT_EQ(both.responses.size(), 1U);
  EXPECT_EQ(both.responses[0].tier, "both");
  EXPECT_EQ(both.responses[0].purged, "");
  ASSERT_TRUE(client.ask_for<CachePurge>(command::kCachePurge, {{"tag", "news"}}));
  EXPECT_EQ(list({{"prefix", "http://a.example/1000"}}).responses[0].purged, "soft");
  EXPECT_LE(list({{"prefix", "http://a.example/1000"}}).responses[0].ttl, 0);
  for (const Json& refused :
       {Json{{"limit", 0}}, Json{{"limit", 10001}}, Json{{"host", "a/b"}}, Json{{"prefix", "/x"}}}) {
    EXPECT_FALSE(client.ask_for<CacheList>(command::kCacheList, refused)) << refused.dump();
  }
}

TEST(CacheCommands, TopAddsUpTheWorkers) {
  RunningDaemon daemon;
  for (int i = 0; i < 3; ++i) { daemon.top_keys().note("http://a.example/", i > 0); }
  daemon.top_keys().note("http://b.example/", false);
  Client client(daemon.socket());
  const auto top = client.ask_for<CacheTop>(command::kCacheTop, {{"limit", 1}});
  ASSERT_TRUE(top);
  ASSERT_EQ(top->keys.size(), 1U);
  EXPECT_EQ(top->keys[0].key, "http://a.example/");
  EXPECT_EQ(top->keys[0].requests, 3U);
  EXPECT_EQ(top->keys[0].hits, 2U);
}

CacheExplain explained(Client& client, const Json& arguments) {
  const auto answer = client.ask_for<CacheExplain>(command::kCacheExplain, arguments);
  EXPECT_TRUE(answer) << answer.error().message;
  return answer.value_or(CacheExplain{});
}

TEST(CacheCommands, ExplainSaysWhatARequestWouldFindAndWhy) {
  RunningDaemon daemon;
  const std::string key = "http://a.example/x";
  ASSERT_TRUE(daemon.memory().put(response(
      key,
      {{"Cache-Control", "max-age=60, stale-while-revalidate=30"}, {"ETag", "\"1\""}, {"Surrogate-Key", "news front"}},
      {}, seconds(10))));
  Client client(daemon.socket());
  const auto fresh = explained(client, {{"url", key}});
  EXPECT_EQ(fresh.outcome, "hit");
  EXPECT_EQ(fresh.cause, "-");
  EXPECT_EQ(fresh.tier, "memory");
  EXPECT_NEAR(static_cast<double>(fresh.age), 10, 2);
  EXPECT_EQ(fresh.lifetime, 60);
  EXPECT_EQ(fresh.lifetime_by, "max-age");
  EXPECT_EQ(fresh.stale_while_revalidate, 30);
  EXPECT_EQ(fresh.stale_if_error, -1);
  EXPECT_EQ(fresh.etag, "\"1\"");
  EXPECT_EQ(fresh.tags, (std::vector<std::string>{"news", "front"}));
  EXPECT_GE(fresh.misses_when.size(), 4U);
  const Json no_cache = {{{"name", "Cache-Control"}, {"value", "no-cache"}}};
  EXPECT_EQ(explained(client, {{"url", key}, {"fields", no_cache}}).outcome, "validate");
  EXPECT_EQ(explained(client, {{"url", key}, {"method", "POST"}}).outcome, "bypass");
  EXPECT_EQ(explained(client, {{"url", key}, {"method", "POST"}}).cause, "method");
  EXPECT_EQ(explained(client, {{"url", "http://a.example/y"}}).cause, "cold");
  ASSERT_TRUE(client.ask_for<CachePurge>(command::kCachePurge, {{"tag", "news"}}));
  const auto soft = explained(client, {{"url", key}});
  EXPECT_EQ(soft.outcome, "stale_hit");
  EXPECT_EQ(soft.cause, "purged");
  ASSERT_EQ(soft.purges.size(), 1U);
  EXPECT_EQ(soft.purges[0].name, "news");
  ASSERT_TRUE(client.ask_for<CachePurge>(command::kCachePurge, {{"host", "a.example"}, {"hard", true}}));
  const auto hard = explained(client, {{"url", key}});
  EXPECT_EQ(hard.outcome, "miss");
  EXPECT_EQ(hard.cause, "purged");
}

TEST(CacheCommands, ExplainSaysWhyTheLastAnswerWasNotStored) {
  RunningDaemon daemon;
  daemon.uncacheable().remember("http://a.example/x", milliseconds(60'000), cache::MissCause::no_store);
  Client client(daemon.socket());
  const auto miss = explained(client, {{"url", "http://a.example/x"}});
  EXPECT_EQ(miss.outcome, "miss");
  EXPECT_EQ(miss.cause, "no-store");
  EXPECT_EQ(miss.not_stored, "no-store");
  EXPECT_EQ(explained(client, {{"url", "http://a.example/y"}}).not_stored, "");
}

constexpr const char* kKeyPolicy =
    "cache key sort-query path /sorted\n"
    "cache key drop-query utm_* path /by-client from 192.0.2.0/24\n"
    "cache never path /never\n"
    "cache never path /perhaps from 192.0.2.0/24\n"
    "bypass host by.example\n"
    "allow\n";

TEST(CacheCommands, ExplainAsksThePolicyForTheKeyAndWhetherTheCacheIsUsed) {
  RunningDaemon daemon(kKeyPolicy);
  ASSERT_TRUE(daemon.memory().put(
      response("http://a.example/sorted?a=1&b=2", {{"Cache-Control", "max-age=60"}}, {}, seconds(1))));
  Client client(daemon.socket());
  const auto hit = explained(client, {{"url", "http://a.example/sorted?b=2&a=1"}});
  EXPECT_EQ(hit.outcome, "hit");
  EXPECT_EQ(hit.key, "http://a.example/sorted?a=1&b=2");
  EXPECT_TRUE(hit.other_keys.empty());
  for (const auto* url : {"http://a.example/never", "http://by.example/"}) {
    const auto never = explained(client, {{"url", url}});
    EXPECT_EQ(never.outcome, "bypass") << url;
    EXPECT_EQ(never.cause, "bypass") << url;
  }
  const auto perhaps = explained(client, {{"url", "http://a.example/perhaps"}});
  EXPECT_EQ(perhaps.outcome, "miss");
  ASSERT_EQ(perhaps.misses_when.size(), 1U);
  EXPECT_NE(perhaps.misses_when[0].find("cache never"), std::string::npos);
  const auto two = explained(client, {{"url", "http://a.example/by-client?x=1&utm_s=2"}});
  EXPECT_EQ(two.key, "http://a.example/by-client?x=1&utm_s=2");
  EXPECT_EQ(two.other_keys, std::vector<std::string>{"http://a.example/by-client?x=1"});
}

TEST(CacheCommands, APurgeAndShowReachEveryKeyOfAUrl) {
  RunningDaemon daemon(kKeyPolicy);
  const std::string plain = "http://a.example/by-client?x=1&utm_s=2";
  const std::string dropped = "http://a.example/by-client?x=1";
  const std::string sorted = "http://a.example/sorted?a=1&b=2";
  for (const auto& key : {plain, dropped, sorted}) {
    ASSERT_TRUE(daemon.memory().put(response(key, {{"Cache-Control", "max-age=60"}}, {}, seconds(1))));
  }
  Client client(daemon.socket());
  EXPECT_EQ(client.ask_for<CacheShow>(command::kCacheShow, {{"url", plain}})->variants.size(), 2U);
  const auto both = client.ask_for<CachePurge>(command::kCachePurge, {{"url", plain}, {"hard", true}});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->name, plain);
  EXPECT_EQ(both->other_keys, std::vector<std::string>{dropped});
  EXPECT_EQ(both->responses, 2U);
  const auto one = client.ask_for<CachePurge>(command::kCachePurge, {{"url", "http://a.example/sorted?b=2&a=1"}});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->name, sorted);
  EXPECT_TRUE(one->other_keys.empty());
  EXPECT_EQ(one->responses, 1U);
}

TEST(CacheCommands, OfAPartlyStoredResponseItIsSaidWhatIsThere) {
  RunningDaemon daemon;
  const std::string key = "http://a.example/film";
  const auto whole =
      response(key, {{"Cache-Control", "max-age=60"}, {"ETag", "\"1\""}}, {}, seconds(1), std::string(3 << 20, 'x'));
  const auto part = [&](cache::ByteRange range) {
    auto out = std::make_shared<cache::StoredResponse>(*whole);
    out->present = cache::Spans(range);
    out->segments = cache::content_of(*whole, range);
    return out;
  };
  ASSERT_TRUE(daemon.memory().put_part(part({0, 99})));
  ASSERT_TRUE(daemon.memory().put_part(part({200, 299})));
  ASSERT_TRUE(daemon.disk().store().put_part(part({1 << 20, (3 << 20) - 1})));
  Client client(daemon.socket());
  const auto shown = client.ask_for<CacheShow>(command::kCacheShow, {{"url", key}});
  ASSERT_EQ(shown->variants.size(), 2U);
  const auto& memory = shown->variants[0];
  EXPECT_EQ(memory.size, 200U);
  EXPECT_EQ(memory.length, 3U << 20);
  ASSERT_EQ(memory.spans.size(), 2U);
  EXPECT_EQ(memory.spans[1].first, 200U);
  EXPECT_EQ(memory.spans[1].last, 299U);
  ASSERT_EQ(shown->variants[1].spans.size(), 1U);
  EXPECT_EQ(shown->variants[1].spans[0].first, 1U << 20);
  const auto listed = client.ask_for<CacheList>(command::kCacheList, {{"prefix", key}});
  ASSERT_EQ(listed->responses.size(), 1U);
  EXPECT_EQ(listed->responses[0].size, 2U << 20);
  const auto explained_range = [&](const char* range) {
    return explained(client, {{"url", key}, {"fields", {{{"name", "Range"}, {"value", range}}}}});
  };
  const auto all = explained(client, {{"url", key}});
  EXPECT_EQ(all.outcome, "miss");
  EXPECT_EQ(all.cause, "range");
  EXPECT_EQ(all.tier, "disk") << "the one that has more of it";
  ASSERT_EQ(all.spans.size(), 1U);
  EXPECT_EQ(all.spans[0].last, (3U << 20) - 1);
  const auto in_memory = explained_range("bytes=210-219");
  EXPECT_EQ(in_memory.outcome, "hit");
  EXPECT_EQ(in_memory.tier, "memory");
  EXPECT_EQ(in_memory.spans.size(), 2U);
  const auto on_disk = explained_range("bytes=2000000-2000001");
  EXPECT_EQ(on_disk.outcome, "hit");
  EXPECT_EQ(on_disk.tier, "disk");
  EXPECT_EQ(explained_range("bytes=150-210").cause, "range");
}

TEST(CacheCommands, ExplainNamesTheFieldThatMakesTooManyVariants) {
  RunningDaemon daemon;
  const Lines varies = {{"Cache-Control", "max-age=60"}, {"Vary", "User-Agent, Accept-Language"}};
  for (int i = 0; i < 16; ++i) {
    const Lines request = {{"User-Agent", "agent " + std::to_string(i)}, {"Accept-Language", i % 2 == 0 ? "de" : "fr"}};
    ASSERT_TRUE(daemon.memory().put(response("http://a.example/", varies, request, seconds(1))));
  }
  Client client(daemon.socket());
  const auto miss = explained(client, {{"url", "http://a.example/"}});
  EXPECT_EQ(miss.cause, "vary");
  EXPECT_EQ(miss.variants.size(), 16U);
  EXPECT_EQ(miss.varies_most_by, "user-agent");
  const Json fields = {{{"name", "User-Agent"}, {"value", "agent 3"}}, {{"name", "Accept-Language"}, {"value", "fr"}}};
  const auto hit = explained(client, {{"url", "http://a.example/"}, {"fields", fields}});
  EXPECT_EQ(hit.outcome, "hit");
  EXPECT_EQ(std::ranges::count_if(hit.variants, &ExplainedVariant::selected), 1);
}

TEST(CacheCommands, OtherKeysStay) {
  RunningDaemon daemon;
  ASSERT_TRUE(daemon.memory().put(response("http://a.example/1", kVaries, {}, seconds(1))));
  ASSERT_TRUE(daemon.memory().put(response("http://a.example/2", kVaries, {}, seconds(1))));
  Client client(daemon.socket());
  EXPECT_EQ(
      client.ask_for<CachePurge>(command::kCachePurge, {{"url", "http://a.example/1"}, {"hard", true}})->responses, 1U);
  EXPECT_EQ(client.ask_for<CacheShow>(command::kCacheShow, {{"url", "http://a.example/2"}})->variants.size(), 1U);
}

}  // namespace
}  // namespace sluice::control::test
