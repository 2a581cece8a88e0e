#include "gateway/pipeline/disk_tier.hpp"

#include <future>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "cache/memory_store.hpp"
#include "tests/support/failing_store.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::pipeline {
namespace {

using support::FailingStore;
using support::patterned;
using support::run;
using support::StoreScript;

const std::string kKey = "http://a.example/";

cache::Segment segment_of(std::size_t size) {
  auto owner = std::make_shared<char[]>(size);
  cache::Segment segment;
  segment.data = owner.get();
  segment.size = size;
  segment.owner = std::move(owner);
  return segment;
}

cache::StoredHead head_of(std::uint64_t size) {
  cache::StoredHead head;
  head.key = kKey;
  head.status = 200;
  head.content_length = size;
  head.seal();
  return head;
}

cache::StoredResponsePtr response_of(std::size_t size, const std::string& key = kKey) {
  auto response = std::make_shared<cache::StoredResponse>();
  response->head = head_of(size);
  response->head.key = key;
  response->segments.push_back(segment_of(size));
  return response;
}

// Keeps a thread where it is until it is opened.
class Gate {
 public:
  std::function<void()> waiter() {
    return [this] {
      if (!reached_.exchange(true)) { at_gate_.set_value(); }
      open_future_.wait();
    };
  }
  void wait_until_reached() { at_gate_.get_future().wait(); }
  void open() { open_.set_value(); }

 private:
  std::atomic<bool> reached_{false};
  std::promise<void> at_gate_;
  std::promise<void> open_;
  std::shared_future<void> open_future_ = open_.get_future().share();
};

class DiskTierTest : public testing::Test {
 protected:
  DiskTierTest() { make(); }
  void deliver() {
    asio::co_spawn(context_, mailbox_.run(), [](const std::exception_ptr&) {});
  }
  void make() {
    auto store = std::make_unique<FailingStore>(script_, cache::make_memory_store({}));
    store->reads_by_piece = true;
    tier_ = std::make_unique<DiskTier>(std::move(store));
  }
  // Everything queued so far has been done.
  void let_it_write() {
    const int before = script_->puts;
    tier_->put(response_of(1));
    while (script_->puts == before) { std::this_thread::yield(); }
  }
  // Nothing waits any more, removals included.
  void let_it_end() {
    let_it_write();
    EXPECT_TRUE(support::eventually([&] { return tier_->may_have(kKey); }));
  }
  DiskTier::Found find(milliseconds limit = kPatience) { return run(context_, tier_->find(kKey, {}, waiting(limit))); }
  DiskTier::Waiting waiting(milliseconds limit = kPatience) {
    return {context_, mailbox_, std::chrono::steady_clock::now() + limit};
  }
  // With so much work waiting behind the gate that there is no room for more.
  void fill_queue() {
    const auto response = response_of(1, "http://full.example/");
    while (tier_->put_part(response)) {}
  }
  static constexpr milliseconds kPatience{60'000};
  std::size_t stored() { return tier_->store().list(kKey).size(); }

  std::shared_ptr<StoreScript> script_ = std::make_shared<StoreScript>();
  std::unique_ptr<DiskTier> tier_;
  asio::io_context context_;
  Mailbox mailbox_{context_};
};

TEST_F(DiskTierTest, WhatWasPutIsFoundAndReadPieceByPiece) {
  tier_->put(response_of(1000));
  tier_->wait_until_written();
  EXPECT_TRUE(tier_->may_have(kKey));
  EXPECT_FALSE(tier_->may_have("http://b.example/"));
  EXPECT_EQ(stored(), 1U);
}

TEST_F(DiskTierTest, FindAndReadComeBackToTheirWorker) {
  deliver();
  tier_->put(response_of(1000));
  let_it_write();
  tier_->purge(kKey);
  tier_->put(response_of(2000));
  let_it_end();
  const auto found = find();
  ASSERT_NE(found.response, nullptr);
  EXPECT_FALSE(found.response->is_resident());
  script_->failing_read = 1;
  EXPECT_TRUE(run(context_, tier_->read(found.response, 0, waiting())));
  const auto second = run(context_, tier_->read(found.response, 0, mailbox_));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), cache::StoreError::store_failed);
}

TEST_F(DiskTierTest, AnotherBudgetIsInForceAndWhatIsOverItGoesInSteps) {
  script_->index_steps = 3;
  tier_->set_budget(12 << 20);
  EXPECT_TRUE(
      support::eventually([&] { return tier_->store().stats().budget == 12U << 20 && script_->index_steps < 3; }));
}

TEST_F(DiskTierTest, AStoreThatFailsAtAnyStepOfAWriteLeavesNoTrace) {
  struct Step {
    const char* name;
    std::atomic<int> StoreScript::* failing;
  };
  for (const auto& [name, failing] :
       {Step{"write", &StoreScript::failing_write}, Step{"append", &StoreScript::failing_append},
        Step{"commit", &StoreScript::failing_commit}}) {
    script_ = std::make_shared<StoreScript>();
    make();
    (*script_).*failing = 0;
    {
      DiskTier::Writing writing(*tier_, 0);
      writing.append(segment_of(100));
      writing.append(segment_of(100));
      writing.commit(head_of(200));
    }
    tier_->wait_until_written();
    EXPECT_EQ(stored(), 0U) << name;
    EXPECT_EQ(script_->open_writers, 0) << name;
  }
}

TEST_F(DiskTierTest, AWritingIsVisibleAtItsCommit) {
  {
    DiskTier::Writing writing(*tier_, 200);
    writing.append(segment_of(100));
    writing.append(segment_of(100));
    let_it_write();
    tier_->purge(kKey);
    writing.commit(head_of(200));
    EXPECT_FALSE(writing.has_failed());
  }
  tier_->wait_until_written();
  EXPECT_EQ(stored(), 1U);
  EXPECT_EQ(script_->open_writers, 0);
}

TEST_F(DiskTierTest, AWritingWithoutCommitLeavesNoTrace) {
  {
    DiskTier::Writing writing(*tier_, 200);
    writing.append(segment_of(100));
  }
  tier_->wait_until_written();
  EXPECT_EQ(stored(), 0U);
  EXPECT_EQ(script_->open_writers, 0);
}

// The disk does not keep up while the writer is still being opened: a piece is refused, so the rest must be too.
TEST_F(DiskTierTest, AWritingWithAHoleIsNeverCommitted) {
  Gate gate;
  script_->before_write = gate.waiter();
  {
    DiskTier::Writing writing(*tier_, 0);
    gate.wait_until_reached();
    writing.append(segment_of(DiskTier::kWaitingLimit + 1));
    EXPECT_TRUE(writing.has_failed());
    gate.open();
    let_it_write();
    tier_->purge(kKey);
    EXPECT_TRUE(writing.has_failed());
    writing.append(segment_of(100));
    writing.commit(head_of(100));
  }
  tier_->wait_until_written();
  EXPECT_EQ(script_->commits, 0);
  EXPECT_EQ(stored(), 0U);
}

TEST_F(DiskTierTest, WhatTheDiskDoesNotKeepUpWithIsDroppedAndCounted) {
  Gate gate;
  script_->before_put = gate.waiter();
  tier_->put(response_of(1));
  gate.wait_until_reached();
  tier_->put(response_of(40 << 20));
  EXPECT_EQ(tier_->dropped(), 0U);
  tier_->put(response_of(40 << 20));
  EXPECT_EQ(tier_->dropped(), 1U);
  gate.open();
  tier_->wait_until_written();
  EXPECT_EQ(script_->puts, 2);
}

TEST_F(DiskTierTest, AStoreIsMendedWhenAskedAndOnceMoreBeforeItGoes) {
  tier_->mend();
  let_it_write();
  EXPECT_EQ(script_->mended, 1);
  tier_->wait_until_written();
  EXPECT_EQ(script_->mended, 2);
}

TEST_F(DiskTierTest, AStoreThatCouldNotBeOpenedIsOpenedLater) {
  std::atomic<int> tries{0};
  auto closed = std::make_unique<FailingStore>(script_, cache::make_memory_store({}));
  closed->is_closed = true;
  tier_ = std::make_unique<DiskTier>(std::move(closed), [&]() -> std::unique_ptr<cache::Store> {
    if (++tries < 2) { return nullptr; }
    return std::make_unique<FailingStore>(script_, cache::make_memory_store({}));
  });
  EXPECT_FALSE(tier_->is_open());
  tier_->purge(kKey);  // of what may be in there
  tier_->mend();
  let_it_write();
  EXPECT_EQ(script_->purges, 1);
  EXPECT_FALSE(tier_->is_open());
  tier_->mend();
  let_it_write();
  EXPECT_TRUE(tier_->is_open());
  let_it_write();
  EXPECT_EQ(stored(), 1U);
  tier_->mend();
  let_it_write();
  EXPECT_EQ(tries, 2);
}

TEST_F(DiskTierTest, WhatWaitsIsStoredTogetherUnlessSomethingElseStandsBetween) {
  Gate gate;
  script_->before_put = gate.waiter();
  tier_->put(response_of(1));
  gate.wait_until_reached();
  for (int i = 0; i < 5; ++i) { tier_->put(response_of(2)); }
  tier_->freshen(response_of(2), head_of(2));
  for (int i = 0; i < 5; ++i) { tier_->put(response_of(3)); }
  gate.open();
  tier_->wait_until_written();
  EXPECT_EQ(script_->puts, 11);
  EXPECT_EQ(script_->groups, 3);
  EXPECT_EQ(tier_->store().list(kKey).at(0)->head.content_length, 3U);
}

TEST_F(DiskTierTest, WhatIsPutBehindAPurgeIsNotPurged) {
  Gate gate;
  script_->before_put = gate.waiter();
  tier_->put(response_of(1));
  gate.wait_until_reached();
  tier_->put(response_of(2));
  tier_->purge(kKey);
  tier_->put(response_of(3));
  gate.open();
  tier_->wait_until_written();
  ASSERT_EQ(stored(), 1U);
  EXPECT_EQ(tier_->store().list(kKey).at(0)->head.content_length, 3U);
}

// What a client got already is newer than what is on disk.
TEST_F(DiskTierTest, WhatIsBeingReplacedIsNotFound) {
  deliver();
  tier_->put(response_of(1000));
  let_it_end();
  Gate gate;
  script_->before_put = gate.waiter();
  tier_->put(response_of(2000));
  gate.wait_until_reached();
  EXPECT_FALSE(tier_->may_have(kKey));
  EXPECT_EQ(find().response, nullptr);
  gate.open();
  let_it_end();
  EXPECT_NE(find().response, nullptr);
}

TEST_F(DiskTierTest, WhatIsReplacedWhileItIsFoundIsNotUsed) {
  deliver();
  tier_->put(response_of(1000));
  let_it_end();
  script_->before_find = [&] { tier_->purge(kKey); };
  const auto found = find();
  EXPECT_EQ(found.response, nullptr);
  EXPECT_FALSE(tier_->is_current(kKey, found.version - 1));
}

TEST_F(DiskTierTest, WhatTheQueueDoesNotTakeStillTakesThePlaceOfWhatIsStored) {
  tier_->put(response_of(1000));
  let_it_end();
  Gate gate;
  script_->before_put = gate.waiter();
  tier_->put(response_of(1, "http://b.example/"));
  gate.wait_until_reached();
  tier_->put(response_of(10, "http://a.example/new"));
  tier_->put(response_of(40 << 20, "http://large.example/"));
  EXPECT_FALSE(tier_->put(response_of(40 << 20)));
  EXPECT_FALSE(tier_->put(response_of(40 << 20, "http://a.example/new")));
  EXPECT_FALSE(tier_->may_have(kKey));
  gate.open();
  tier_->wait_until_written();
  EXPECT_EQ(stored(), 0U);
  EXPECT_TRUE(tier_->store().list("http://a.example/new").empty()) << "it waited ahead of a newer one";
  EXPECT_EQ(tier_->store().list("http://b.example/").size(), 1U);
}

TEST_F(DiskTierTest, AWritingThatFailsStillTakesThePlaceOfWhatIsStored) {
  for (const bool is_refused_at_once : {false, true}) {
    script_ = std::make_shared<StoreScript>();
    make();
    tier_->put(response_of(1000));
    let_it_end();
    if (!is_refused_at_once) { script_->failing_append = 0; }
    {
      DiskTier::Writing writing(*tier_, 0);
      writing.append(segment_of(is_refused_at_once ? DiskTier::kWaitingLimit + 1 : 100));
      writing.commit(head_of(100));
    }
    EXPECT_TRUE(support::eventually([&] { return stored() == 0; })) << is_refused_at_once;
  }
}

TEST_F(DiskTierTest, WhatIsNoPartOfTheRepresentationGoes) {
  tier_->put(response_of(1000));
  let_it_end();
  tier_->purge_others(head_of(2000));
  tier_->wait_until_written();
  EXPECT_EQ(stored(), 0U);
}

// Only pool threads touch the disk, however much waits for it.
TEST_F(DiskTierTest, WithAFullQueuePurgesWaitToo) {
  tier_->put(response_of(1000));
  let_it_end();
  Gate gate;
  std::atomic<bool> is_ours = false;
  script_->before_purge = [&, ours = std::this_thread::get_id()] { is_ours = std::this_thread::get_id() == ours; };
  script_->before_put = gate.waiter();
  tier_->put(response_of(1, "http://b.example/"));
  gate.wait_until_reached();
  fill_queue();
  for (int i = 0; i < 1000; ++i) { tier_->purge(kKey); }
  tier_->make_stale("http://full.example/", {});
  tier_->set_budget(12 << 20);
  EXPECT_EQ(script_->purges, 0);
  EXPECT_FALSE(tier_->may_have(kKey));
  EXPECT_FALSE(tier_->may_have("http://full.example/"));
  gate.open();
  tier_->wait_until_written();
  EXPECT_EQ(stored(), 0U);
  EXPECT_EQ(tier_->store().stats().budget, 12U << 20);
  EXPECT_EQ(script_->purges, 2) << "of each key one";
  EXPECT_FALSE(is_ours);
}

TEST_F(DiskTierTest, WhenTooMuchIsToBeRemovedAllOfItIs) {
  std::atomic<int> all_purged = 0;
  tier_ = std::make_unique<DiskTier>(std::make_unique<FailingStore>(script_, cache::make_memory_store({})),
                                     DiskTier::Open{}, [&](cache::Store&) { ++all_purged; });
  const auto key_of = [](std::size_t number) { return kKey + std::string(8000, 'x') + std::to_string(number); };
  constexpr std::size_t kKeys = DiskChanges::kMost / 8000;
  for (std::size_t i = 0; i < kKeys; ++i) { tier_->put(response_of(1, key_of(i))); }
  let_it_end();
  Gate gate;
  script_->before_put = gate.waiter();
  tier_->put(response_of(1, "http://b.example/"));
  gate.wait_until_reached();
  for (std::size_t i = 0; i < kKeys; ++i) { tier_->purge(key_of(i)); }
  EXPECT_FALSE(tier_->may_have(kKey));
  EXPECT_EQ(all_purged, 0);
  gate.open();
  tier_->wait_until_written();
  EXPECT_EQ(all_purged, 1);
  EXPECT_TRUE(tier_->may_have(kKey)) << "purges judge it from now on";
}

TEST_F(DiskTierTest, ADiskThatDoesNotAnswerIsNotWaitedForLong) {
  deliver();
  tier_->put(response_of(1000));
  let_it_end();
  const auto stored = find().response;
  constexpr milliseconds kShort{20};
  Gate gate;
  script_->before_find = gate.waiter();
  for (unsigned i = 0; i < DiskReaders::kThreads; ++i) {
    const auto found = find(kShort);
    EXPECT_TRUE(found.is_late);
    EXPECT_EQ(found.response, nullptr);
  }
  // Every thread is known to be stuck by now: nothing more is asked of the disk.
  const int finds = script_->finds;
  EXPECT_TRUE(support::eventually([&] { return find(kShort).is_late; }));
  const auto piece = run(context_, tier_->read(stored, 0, waiting(kShort)));
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error(), cache::StoreError::too_slow);
  EXPECT_EQ(script_->finds, finds);
  gate.open();
  EXPECT_TRUE(support::eventually([&] { return find().response != nullptr; }));
  EXPECT_EQ(script_->reads, 0) << "what was given up while it waited is not done";
}

TEST_F(DiskTierTest, ALogIsShortenedAtTheStartAndWhenLittleWasStored) {
  tier_->tend();  // nothing was stored yet
  let_it_write();
  EXPECT_EQ(script_->shortened, 1);
  tier_->put(response_of(8 << 20));
  tier_->tend();  // that was much: there is more to come
  let_it_write();
  EXPECT_EQ(script_->shortened, 1);
  tier_->tend();  // a little, of let_it_write()
  tier_->tend();  // the end of it
  tier_->tend();
  tier_->wait_until_written();
  EXPECT_EQ(script_->shortened, 3);
}

// What was invalidated must not come back: not from the queue either.
TEST_F(DiskTierTest, APurgeReachesWhatStillWaitsToBeWritten) {
  Gate gate;
  script_->before_put = gate.waiter();
  tier_->put(response_of(1000));
  gate.wait_until_reached();
  tier_->purge(kKey);
  gate.open();
  tier_->wait_until_written();
  EXPECT_EQ(stored(), 0U);
}

TEST_F(DiskTierTest, AWritingMayOutliveTheThreads) {
  auto writing = std::make_unique<DiskTier::Writing>(*tier_, 0);
  writing->append(segment_of(100));
  tier_->wait_until_written();
  writing->append(segment_of(100));
  writing->commit(head_of(200));
  writing.reset();
  tier_->put(response_of(10));
  tier_->purge(kKey);
  EXPECT_EQ(stored(), 0U);
  EXPECT_EQ(script_->open_writers, 0);
}

TEST_F(DiskTierTest, StoppingInTheMiddleOfTheIndexIsClean) {
  for (int i = 0; i < 50; ++i) {
    script_ = std::make_shared<StoreScript>();
    script_->index_steps = 1'000'000;
    std::promise<void> begun;
    std::atomic<int> steps = 0;
    script_->before_index_step = [&] {
      if (steps++ == i) { begun.set_value(); }
    };
    make();
    begun.get_future().wait();
    tier_->wait_until_written();
    EXPECT_GT(script_->index_steps, 0);
    tier_.reset();
  }
}

TEST_F(DiskTierTest, BuildingTheIndexGoesOnToItsEnd) {
  script_ = std::make_shared<StoreScript>();
  script_->index_steps = 100;
  make();
  while (script_->index_steps >= 0) { std::this_thread::yield(); }
}

}  // namespace
}  // namespace sluice::pipeline
