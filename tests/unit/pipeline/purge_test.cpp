#include "gateway/pipeline/purge.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "cache/memory_store.hpp"
#include "gateway/pipeline/purge_orders.hpp"
#include "gateway/pipeline/purge_sweep.hpp"
#include "tests/support/failing_store.hpp"
#include "tests/support/run.hpp"

namespace sluice::pipeline {
namespace {

using cache::PurgeScope;

cache::StoredResponsePtr tagged(std::string key, std::string tags) {
  auto response = std::make_shared<cache::StoredResponse>();
  response->head.key = std::move(key);
  response->head.status = 200;
  const cache::Field fields[] = {{"Cache-Control", "max-age=600", cache::FieldName::cache_control},
                                 {"Cache-Tag", tags, cache::FieldName::cache_tag}};
  response->head.fields = cache::OwnedFields(fields);
  response->head.request_time = response->head.response_time = coarse_unix_now();
  response->head.seal();
  return response;
}

class PurgeTest : public testing::Test {
 protected:
  PurgeTest() {
    auto store = std::make_unique<support::FailingStore>(script_, cache::make_memory_store({}));
    disk_ = std::make_unique<DiskTier>(std::move(store));
    asio::co_spawn(context_, mailbox_.run(), [](const std::exception_ptr&) {});
  }
  PurgePlaces places(bool with_disk = true) {
    return {*memory_, with_disk ? disk_.get() : nullptr, fills_, purged_, purges_};
  }
  Purged purge(PurgeOrder order, bool with_disk = true) {
    return *support::run(context_, pipeline::purge(places(with_disk), std::move(order), mailbox_));
  }
  void store_everywhere(const std::string& key, const std::string& tags) {
    EXPECT_TRUE(memory_->put(tagged(key, tags)));
    EXPECT_TRUE(disk_->store().put(tagged(key, tags)));
  }

  std::shared_ptr<support::StoreScript> script_ = std::make_shared<support::StoreScript>();
  std::unique_ptr<cache::Store> memory_ = cache::make_memory_store({});
  std::unique_ptr<DiskTier> disk_;
  FillTable fills_;
  RecentKeys purged_;
  cache::PurgeTable purges_;
  asio::io_context context_;
  Mailbox mailbox_{context_};
};

TEST_F(PurgeTest, APurgeThatTheDiskDoesNotTakeIsInForceAndSaysSo) {
  script_->fails_to_keep_purges = true;
  const auto purged = purge({PurgeScope::tag, "news", true});
  EXPECT_FALSE(purged.survives_restart);
  EXPECT_TRUE(purges_.judge(tagged("http://a.example/", "news")->head).is_gone);
  EXPECT_TRUE(purge({PurgeScope::tag, "news", true}, false).survives_restart) << "without a disk nothing does";
}

TEST_F(PurgeTest, APurgeOfAUrlThatTheDiskDoesNotTakeSaysSo) {
  const std::string url = "http://a.example/";
  store_everywhere(url, "x");
  EXPECT_TRUE(purge({PurgeScope::url, url}).survives_restart);
  script_->fails_to_purge = true;
  EXPECT_FALSE(purge({PurgeScope::url, url, true}).survives_restart);
  EXPECT_TRUE(purge({PurgeScope::url, url, true}, false).survives_restart) << "without a disk nothing does";
  script_->fails_to_purge = false;
  script_->fails_to_keep_purges = true;
  EXPECT_FALSE(purge({PurgeScope::url, url, true}).survives_restart);
}

TEST_F(PurgeTest, AUrlIsCountedOnceAndReachesWhatIsFilled) {
  store_everywhere("http://a.example/", "x");
  const auto fill = fills_.join("http://a.example/").fill;
  EXPECT_EQ(purge({PurgeScope::url, "http://a.example/"}).responses, 1U);
  EXPECT_TRUE(fill->is_invalidated());
  EXPECT_TRUE(purged_.has("http://a.example/"));
  for (auto* store : {memory_.get(), &disk_->store()}) {
    ASSERT_EQ(store->list("http://a.example/").size(), 1U);
    EXPECT_LE(store->list("http://a.example/")[0]->head.stale_from, coarse_unix_now());
  }
  EXPECT_EQ(purge({PurgeScope::url, "http://a.example/", true}).responses, 1U);
  EXPECT_TRUE(memory_->list("http://a.example/").empty());
  EXPECT_TRUE(disk_->store().list("http://a.example/").empty());
}

// What a sweep has carried out holds without the table.
TEST_F(PurgeTest, ASweepCarriesPurgesOutAndForgetsThem) {
  for (int i = 0; i < 1000; ++i) {
    store_everywhere("http://a.example/" + std::to_string(i), i % 3 == 0 ? "gone" : i % 3 == 1 ? "stale" : "kept");
  }
  purge({PurgeScope::tag, "gone", true});
  const auto number = purge({PurgeScope::tag, "stale", false}).number;
  purge({PurgeScope::tag, "recent", true});
  support::run(context_, sweep_purges(places(), number, mailbox_));
  EXPECT_EQ(purges_.size(), 1U);
  for (int i = 0; i < 1000; ++i) {
    for (auto* store : {memory_.get(), &disk_->store()}) {
      const auto found = store->list("http://a.example/" + std::to_string(i));
      ASSERT_EQ(found.size(), i % 3 == 0 ? 0U : 1U) << i;
      if (i % 3 != 0) { EXPECT_EQ(found[0]->head.stale_from == cache::kNeverStale, i % 3 == 2) << i; }
    }
  }
}

TEST(PurgeOrders, AreNormalisedOrRefused) {
  const struct {
    PurgeScope scope;
    const char* text;
    const char* name;  // null: refused
  } cases[] = {
      {PurgeScope::url, "HTTP://A.Example:80/%7ex#part", "http://a.example/~x"},
      {PurgeScope::url, "http://a.example", "http://a.example/"},
      {PurgeScope::url, "/x", nullptr},
      {PurgeScope::prefix, "http://a.example/i", "http://a.example/i"},
      {PurgeScope::prefix, "a.example", nullptr},
      {PurgeScope::host, "A.Example.", "a.example"},
      {PurgeScope::host, "a.example:80", "a.example"},
      {PurgeScope::host, "a.example:8080", "a.example:8080"},
      {PurgeScope::host, "[2001:DB8::1]", "[2001:db8::1]"},
      {PurgeScope::host, "a.example/x", nullptr},
      {PurgeScope::host, "user@a.example", nullptr},
      {PurgeScope::host, "", nullptr},
      {PurgeScope::tag, "News", "News"},
      {PurgeScope::tag, "a,b", nullptr},
      {PurgeScope::tag, "", nullptr},
  };
  for (const auto& each : cases) {
    const auto order = make_purge_order(each.scope, each.text, false);
    ASSERT_EQ(order.has_value(), each.name != nullptr) << each.text;
    if (order) { EXPECT_EQ(order->name, each.name); }
  }
}

TEST(PurgeOrders, OfARequestAreItsTagsOrItsTarget) {
  const cache::Field tags[] = {{"Surrogate-Key", "a b", cache::FieldName::surrogate_key},
                               {"Sluice-Purge", "hard", cache::FieldName::other}};
  const auto by_tag = purge_orders_of("http://a.example/x", tags);
  ASSERT_TRUE(by_tag);
  ASSERT_EQ(by_tag->size(), 2U);
  EXPECT_EQ((*by_tag)[1].name, "b");
  EXPECT_TRUE((*by_tag)[1].is_hard);
  const auto by_url = purge_orders_of("http://a.example/x", {});
  ASSERT_TRUE(by_url);
  EXPECT_EQ((*by_url)[0].name, "http://a.example/x");
  EXPECT_FALSE((*by_url)[0].is_hard);
  const cache::Field unknown[] = {{"Sluice-Purge", "softly", cache::FieldName::other}};
  EXPECT_FALSE(purge_orders_of("http://a.example/x", unknown));
}

}  // namespace
}  // namespace sluice::pipeline
