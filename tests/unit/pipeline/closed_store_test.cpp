#include "gateway/pipeline/closed_store.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "cache/memory_store.hpp"
#include "tests/support/failing_store.hpp"

namespace sluice::pipeline {
namespace {

namespace fs = std::filesystem;

class ClosedStoreTest : public testing::Test {
 protected:
  ClosedStoreTest() {
    std::string name = (fs::temp_directory_path() / "sluice-closed-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~ClosedStoreTest() override { fs::remove_all(directory_); }
  std::string mark() const { return (directory_ / "cache.purged").string(); }
  static cache::StoredResponsePtr response_of(const std::string& key) {
    auto response = std::make_shared<cache::StoredResponse>();
    response->head.key = key;
    response->head.status = 200;
    response->head.seal();
    return response;
  }

  fs::path directory_;
  const cache::PurgeChange change_{{{cache::PurgeScope::tag, "news", 0, {}, 1}}, {}, 1};
};

TEST_F(ClosedStoreTest, HasNothingAndTakesNothing) {
  ClosedStore store(mark(), 1 << 20);
  EXPECT_FALSE(store.is_open());
  EXPECT_FALSE(store.put(response_of("a")));
  EXPECT_FALSE(store.write(0));
  EXPECT_EQ(store.find("a", {}).response, nullptr);
  EXPECT_FALSE(store.may_have("a"));
  EXPECT_EQ(store.stats().budget, 1U << 20);
  EXPECT_TRUE(store.mend());
  EXPECT_FALSE(fs::exists(mark())) << "nothing was purged";
}

TEST_F(ClosedStoreTest, WhatIsPurgedIsPurgedInTheStoreThatIsOpenedLater) {
  const auto script = std::make_shared<support::StoreScript>();
  support::FailingStore opened(script, cache::make_memory_store({}));
  for (const auto* key : {"a", "b", "c"}) { ASSERT_TRUE(opened.put(response_of(key))); }
  ClosedStore closed(mark(), 1 << 20);
  closed.purge("a");
  EXPECT_TRUE(closed.is_purge_kept("a"));
  EXPECT_TRUE(closed.keep_purges(change_));
  EXPECT_TRUE(fs::exists(mark()));
  EXPECT_FALSE(closed.is_all_purged()) << "this process knows which";
  EXPECT_TRUE(ClosedStore(mark(), 0).is_all_purged()) << "the next one does not";
  closed.hand_over(opened, true);
  EXPECT_FALSE(fs::exists(mark()));
  closed.purge("b");
  EXPECT_TRUE(opened.list("a").empty());
  EXPECT_TRUE(opened.list("b").empty());
  EXPECT_FALSE(opened.list("c").empty());
  script->fails_to_keep_purges = true;
  EXPECT_FALSE(closed.keep_purges(change_)) << "asked of the store that is open";
}

TEST_F(ClosedStoreTest, TheMarkStaysUntilTheStoreHasTakenAll) {
  const auto script = std::make_shared<support::StoreScript>();
  script->fails_to_purge = true;
  support::FailingStore opened(script, cache::make_memory_store({}));
  ClosedStore closed(mark(), 1 << 20);
  closed.purge("a");
  closed.hand_over(opened, true);
  EXPECT_TRUE(fs::exists(mark()));
}

TEST_F(ClosedStoreTest, WhereNoMarkCanBeMadeAPurgeDoesNotSurvive) {
  ClosedStore closed((directory_ / "missing" / "cache.purged").string(), 0);
  closed.purge("a");
  EXPECT_FALSE(closed.is_purge_kept("a"));
  EXPECT_FALSE(closed.keep_purges(change_));
  EXPECT_FALSE(closed.mend());
  fs::create_directory(directory_ / "missing");
  EXPECT_TRUE(closed.mend());
  EXPECT_TRUE(closed.is_purge_kept("a"));
}

TEST_F(ClosedStoreTest, TooManyPurgesCountAsOneOfEverything) {
  ClosedStore closed(mark(), 0);
  for (std::size_t i = 0; i <= ClosedStore::kMostKeys; ++i) {
    EXPECT_FALSE(closed.is_all_purged());
    closed.purge(std::to_string(i));
  }
  EXPECT_TRUE(closed.is_all_purged());
}

}  // namespace
}  // namespace sluice::pipeline
