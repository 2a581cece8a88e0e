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
