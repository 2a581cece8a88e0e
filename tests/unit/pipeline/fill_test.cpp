#include "gateway/pipeline/fill.hpp"

#include <atomic>
#include <cstring>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "cache/memory_store.hpp"
#include "gateway/pipeline/fill_table.hpp"
#include "gateway/pipeline/recent_keys.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tcp_pair.hpp"

namespace sluice::pipeline {
namespace {

using support::patterned;
using support::run;
using support::settle;

constexpr std::uint64_t kWindow = 1000;

cache::Segment segment_of(std::string_view octets) {
  auto owner = std::make_shared<char[]>(octets.size());
  std::memcpy(owner.get(), octets.data(), octets.size());
  cache::Segment segment;
  segment.data = owner.get();
  segment.size = octets.size();
  segment.owner = std::move(owner);
  return segment;
}

std::shared_ptr<Fill> begun(std::uint64_t largest_kept, cache::Store* memory = nullptr) {
  auto fill = std::make_shared<Fill>(kWindow);
  Fill::Head head;
  head.largest_kept = largest_kept;
  fill->begin(std::move(head), memory);
  return fill;
}

std::string take_all(Fill::Reader& reader) {
  std::string content;
  for (;;) {
    const auto taken = reader.take();
    EXPECT_TRUE(taken);
    if (!taken || !*taken || (*taken)->size == 0) { return content; }
    content += (*taken)->view();
  }
}

TEST(Fill, AReaderGetsWhatIsThereAndThenTheEnd) {
  const auto fill = begun(kWindow);
  Fill::Reader reader(fill);
  EXPECT_FALSE(reader.is_ready());
  EXPECT_FALSE(reader.take().value());
  fill->append(segment_of("one "));
  fill->append(segment_of("two"));
  EXPECT_TRUE(reader.is_ready());
  EXPECT_EQ(take_all(reader), "one two");
  EXPECT_FALSE(reader.is_ready());
  fill->complete({});
  EXPECT_TRUE(reader.is_ready());
  ASSERT_TRUE(reader.take().value());
}

TEST(Fill, AReaderThatComesLaterGetsASmallResponseWhole) {
  const auto fill = begun(kWindow);
  Fill::Reader first(fill);
  fill->append(segment_of("one "));
  EXPECT_EQ(take_all(first), "one ");
  Fill::Reader second(fill);
  EXPECT_FALSE(second.came_too_late());
  fill->append(segment_of("two"));
  fill->complete({});
  EXPECT_EQ(take_all(second), "one two");
  EXPECT_EQ(take_all(first), "two");
}

TEST(Fill, NeighboursInOneBlockBecomeOneSegment) {
  const auto fill = begun(kWindow);
  const auto block = segment_of("abcdef");
  fill->append({block.owner, block.data, 2});
  fill->append({block.owner, block.data + 2, 3});
  fill->append({block.owner, block.data + 5, 1});
  EXPECT_EQ(fill->take_segments().size(), 1U);
  Fill::Reader reader(fill);
  EXPECT_EQ(take_all(reader), "abcdef");
}

// The slowest reader holds the leader back; the fast one is not held back beyond that.
TEST(Fill, ALargeResponsePassesThroughAWindowThatTheSlowestReaderHolds) {
  const auto fill = begun(100);
  Fill::Reader fast(fill);
  Fill::Reader slow(fill);
  std::string sent;
  while (fill->has_room()) {
    sent += patterned(100, static_cast<std::uint32_t>(sent.size()));
    fill->append(segment_of(std::string_view(sent).substr(sent.size() - 100)));
  }
  EXPECT_FALSE(fill->is_kept_whole());
  EXPECT_EQ(sent.size(), kWindow);
  EXPECT_TRUE(take_all(fast) == sent);
  EXPECT_FALSE(fill->has_room());
  std::string taken;
  taken += (*slow.take().value()).view();
  EXPECT_TRUE(fill->has_room());
  fill->append(segment_of("last"));
  fill->complete({});
  taken += take_all(slow);
  EXPECT_TRUE(taken == sent + "last");
  EXPECT_EQ(take_all(fast), "last");
}

TEST(Fill, ASlowReaderThatGoesAwayFreesTheWindow) {
  const auto fill = begun(100);
  Fill::Reader fast(fill);
  {
    Fill::Reader slow(fill);
    fill->append(segment_of(patterned(kWindow)));
    EXPECT_EQ(take_all(fast).size(), kWindow);
    EXPECT_FALSE(fill->has_room());
  }
  EXPECT_TRUE(fill->has_room());
}

// Fills the window again and again as long as there is room.
void fill_window(Fill& fill, Fill::TimePoint now) {
  while (fill.has_room(now)) { fill.append(segment_of(patterned(100))); }
}

TEST(Fill, WhoHoldsTheOthersBackForTooLongIsLetGo) {
  const auto fill = begun(100);
  Fill::Reader fast(fill);
  Fill::Reader slow(fill);
  Fill::TimePoint now{};
  fill_window(*fill, now);
  now += 2 * Fill::kPatience;
  EXPECT_FALSE(fill->has_room(now));
  EXPECT_FALSE(slow.was_let_go()) << "nobody waits yet";
  EXPECT_EQ(take_all(fast).size(), kWindow);
  EXPECT_FALSE(fill->has_room(now));
  EXPECT_FALSE(slow.was_let_go());
  EXPECT_TRUE(fill->has_room(now + Fill::kPatience));
  EXPECT_TRUE(slow.was_let_go());
  EXPECT_FALSE(fast.was_let_go());
  EXPECT_TRUE(slow.is_ready());
  EXPECT_FALSE(slow.take());
  EXPECT_EQ(fill->readers(), 1U);
  fill->append(segment_of("more"));
  EXPECT_EQ(take_all(fast), "more");
}

TEST(Fill, WhoIsThroughAWindowInTimeStays) {
  const auto fill = begun(100);
  Fill::Reader fast(fill);
  Fill::Reader slower(fill);
  Fill::TimePoint now{};
  for (int i = 0; i < 50; ++i) {
    fill_window(*fill, now);
    take_all(fast);
    EXPECT_FALSE(fill->has_room(now));
    EXPECT_EQ(slower.take().value()->size, 100U);
    now += Fill::kPatience / 20;  // twice the pace that it has to keep
  }
  EXPECT_FALSE(slower.was_let_go());
}

TEST(Fill, NobodyReadsAloneTooSlowly) {
  const auto fill = begun(100);
  Fill::Reader slow(fill);
  Fill::TimePoint now{};
  fill_window(*fill, now);
  for (int i = 0; i < 10; ++i, now += Fill::kPatience) { EXPECT_FALSE(fill->has_room(now)); }
  EXPECT_FALSE(slow.was_let_go());
}

TEST(Fill, ItIsGivenUpWhenOnlyThoseLetGoAreLeft) {
  const auto fill = begun(100);
  Fill::Reader slow(fill);
  {
    Fill::Reader fast(fill);
    fill_window(*fill, {});
    take_all(fast);
    EXPECT_FALSE(fill->has_room({}));
    EXPECT_TRUE(fill->has_room(Fill::TimePoint{} + Fill::kPatience));
  }
  EXPECT_TRUE(fill->give_up_if_unread({ErrorKind::client_gone, Side::client, 0, false, ""}));
}

// ---- the budget of the memory tier

constexpr std::uint64_t kBudget = 2 << 20;
constexpr std::uint64_t kLargest = 1 << 20;

std::unique_ptr<cache::Store> memory_tier() {
  return cache::make_memory_store({.budget = kBudget, .largest_response = kLargest, .shards = 1});
}

void append(Fill& fill, std::size_t octets) {
  fill.append(segment_of(patterned(octets)));
}

TEST(Fill, WhatItHoldsCountsAgainstTheBudgetUntilItIsStored) {
  const auto memory = memory_tier();
  const auto before = memory->stats().octets;
  {
    const auto fill = begun(kLargest, memory.get());
    EXPECT_TRUE(fill->may_keep_whole(50'000));
    append(*fill, 50'000);
    EXPECT_EQ(memory->stats().held, 0U) << "a little counts as the buffers of a connection";
    EXPECT_TRUE(fill->may_keep_whole(500'000));
    append(*fill, 500'000);
    EXPECT_EQ(memory->stats().held, 550'000 - Fill::kUncounted);
    EXPECT_EQ(memory->stats().octets, before + memory->stats().held);
    Fill::Reader slow(fill);
    fill->stop_counting();
    EXPECT_EQ(memory->stats().held, 0U);
    fill->complete({});
    fill->pass_on();
    EXPECT_EQ(memory->stats().held, 550'000 - Fill::kUncounted) << "what is still read is held";
    take_all(slow);
    EXPECT_EQ(memory->stats().held, 0U);
    EXPECT_FALSE(fill->lacked_room());
  }
  EXPECT_EQ(memory->stats().octets, before);
}

TEST(Fill, WhatGetsNoRoomPassesThroughASmallWindow) {
  const auto memory = memory_tier();
  ASSERT_TRUE(memory->hold(kBudget / 2));
  const auto fill = std::make_shared<Fill>(4 << 20);
  fill->begin({.stored = {}, .largest_kept = kLargest}, memory.get());
  Fill::Reader reader(fill);
  append(*fill, 60'000);
  EXPECT_FALSE(fill->may_keep_whole(60'000));
  EXPECT_TRUE(fill->lacked_room());
  fill->pass_on();
  std::uint64_t sent = 60'000;
  for (; fill->has_room(); sent += 1000) { append(*fill, 1000); }
  EXPECT_EQ(sent, (Fill::kSmallWindow / 1000 + 1) * 1000);
  EXPECT_EQ(memory->stats().held, kBudget / 2);
  EXPECT_EQ(take_all(reader).size(), sent);
  EXPECT_TRUE(fill->has_room());
}

TEST(Fill, AWindowIsAsLargeAsThereIsRoomFor) {
  const auto memory = memory_tier();
  const auto fill = std::make_shared<Fill>(4 << 20);
  fill->begin({.stored = {}, .largest_kept = 100}, memory.get());
  Fill::Reader reader(fill);
  std::uint64_t sent = 0;
  for (; fill->has_room(); sent += 10'000) { append(*fill, 10'000); }
  EXPECT_GT(sent, kBudget / 2 - Fill::kSmallWindow);
  EXPECT_LE(memory->stats().held, kBudget / 2);
  EXPECT_EQ(take_all(reader).size(), sent);
  EXPECT_EQ(memory->stats().held, 0U);
}

TEST(Fill, WithoutReadersALargeResponseIsLetGo) {
  const auto fill = begun(100);
  { Fill::Reader reader(fill); }
  EXPECT_FALSE(fill->has_readers());
  for (int i = 0; i < 100; ++i) {
    fill->append(segment_of(patterned(kWindow)));
    EXPECT_TRUE(fill->has_room());
  }
}

TEST(Fill, AReaderThatComesAfterTheFrontWasLetGoIsTooLate) {
  const auto fill = begun(100);
  {
    Fill::Reader reader(fill);
    fill->append(segment_of(patterned(200)));
    EXPECT_EQ(take_all(reader).size(), 200U);
  }
  Fill::Reader late(fill);
  EXPECT_TRUE(late.came_too_late());
  EXPECT_FALSE(late.take());
}

TEST(Fill, AFailureReachesReadersBehindWhatCame) {
  const auto fill = begun(kWindow);
  Fill::Reader reader(fill);
  fill->append(segment_of("begin"));
  fill->end_as(Fill::State::failed, Error{ErrorKind::connection_read_timeout, Side::upstream, 0, false, ""});
  EXPECT_EQ((*reader.take().value()).view(), "begin");
  const auto end = reader.take();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::connection_read_timeout);
}

// A leader gives up only when nobody can have come in between.
TEST(Fill, ItIsGivenUpOnlyWithoutReaders) {
  const auto fill = begun(kWindow);
  const Error gone{ErrorKind::client_gone, Side::client, 0, false, ""};
  {
    Fill::Reader reader(fill);
    EXPECT_FALSE(fill->give_up_if_unread(gone));
    EXPECT_EQ(fill->state(), Fill::State::filling);
  }
  EXPECT_TRUE(fill->give_up_if_unread(gone));
  EXPECT_EQ(fill->state(), Fill::State::failed);
}

Task<std::string> follow(std::shared_ptr<Fill> fill, asio::io_context* context, Mailbox* mailbox, milliseconds pace) {
  Fill::Reader reader(fill);
  std::string content;
  for (;;) {
    const auto seen = fill->changes();
    const auto taken = reader.take();
    EXPECT_TRUE(taken);
    if (!taken) { co_return content; }
    if (*taken) {
      if ((*taken)->size == 0) { co_return content; }
      content += (*taken)->view();
      continue;
    }
    co_await Fill::wait_for_change(fill, seen, *context, *mailbox, pace);
  }
}

// A worker that follows, on a thread of its own.
class Follower {
 public:
  explicit Follower(const std::shared_ptr<Fill>& fill) {
    asio::co_spawn(context_, mailbox_.run(), [](const std::exception_ptr&) {});
    asio::co_spawn(context_, support::keep_result(follow(fill, &context_, &mailbox_, milliseconds(60'000)), content_),
                   [this](const std::exception_ptr& failure) {
                     EXPECT_EQ(failure, nullptr);
                     mailbox_.close();
                   });
    thread_ = std::thread([this] { context_.run(); });
  }
  std::string content() {
    thread_.join();
    return content_.value_or("(nothing)");
  }

 private:
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  Mailbox mailbox_{context_};
  std::optional<std::string> content_;
  std::thread thread_;
};

// One thread fills, two follow: no wakeup is lost (a lost one would take the follower's whole minute).
TEST(Fill, FollowersOnOtherWorkersMissNothing) {
  for (const std::uint64_t largest : {std::uint64_t{100}, std::uint64_t{1} << 20}) {
    const auto fill = begun(largest);
    Follower first(fill);
    Follower second(fill);
    while (fill->readers() < 2) { std::this_thread::yield(); }
    const auto octets = patterned(300'000);
    for (std::size_t at = 0; at < octets.size(); at += 500) {
      while (!fill->has_room()) { std::this_thread::yield(); }
      fill->append(segment_of(std::string_view(octets).substr(at, 500)));
    }
    fill->complete({});
    EXPECT_TRUE(first.content() == octets);
    EXPECT_TRUE(second.content() == octets);
  }
}

TEST(Fill, AWaitEndsAtItsLimit) {
  asio::io_context context;
  Mailbox mailbox(context);
  const auto fill = begun(kWindow);
  EXPECT_FALSE(run(context, Fill::wait_for_change(fill, fill->changes(), context, mailbox, milliseconds(1))));
  const auto before = fill->changes();
  fill->append(segment_of("x"));
  EXPECT_TRUE(run(context, Fill::wait_for_change(fill, before, context, mailbox, milliseconds(60'000))));
}

TEST(FillTable, OneLeadsAndTheOthersFollow) {
  FillTable table;
  const auto first = table.join("key");
  EXPECT_TRUE(first.leads);
  const auto second = table.join("key");
  EXPECT_FALSE(second.leads);
  EXPECT_EQ(first.fill, second.fill);
  EXPECT_TRUE(table.join("another").leads);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_TRUE(table.has("key"));
  table.leave("key", *first.fill);
  EXPECT_FALSE(table.has("key"));
  EXPECT_TRUE(table.join("key").leads);
}

TEST(FillTable, LeavingTwiceDoesNotTakeOutTheNextFill) {
  FillTable table;
  const auto first = table.join("key");
  table.leave("key", *first.fill);
  const auto next = table.join("key");
  table.leave("key", *first.fill);
  EXPECT_FALSE(table.join("key").leads);
  table.leave("key", *next.fill);
  EXPECT_EQ(table.size(), 0U);
}

TEST(FillTable, PartsAreFoundByWhereTheyBegin) {
  FillTable table;
  const auto front = table.join_part("key", 0);
  EXPECT_TRUE(front.leads);
  EXPECT_TRUE(table.join_part("key", 100).leads);
  EXPECT_TRUE(table.join("key").leads);
  EXPECT_TRUE(table.join_part("another", 0).leads);
  EXPECT_EQ(table.join_part("key", 0).fill, front.fill);
  EXPECT_FALSE(table.join_part("key", 0).leads);
  table.leave("key", *front.fill);
  EXPECT_TRUE(table.join_part("key", 0).leads);
  EXPECT_FALSE(table.join_part("key", 100).leads);
}

TEST(FillTable, WhoComesToAnOctetThatIsInMemoryJoinsThePartThatBeganAheadOfIt) {
  for (const std::uint64_t largest_kept : {100, 10'000}) {
    FillTable table;
    const auto fill = table.join_part("key", 1000).fill;
    Fill::Head head;
    head.range = cache::ByteRange{1000, 4999};
    head.largest_kept = largest_kept;
    fill->begin(std::move(head));
    fill->append(segment_of(std::string(500, 'a')));
    const bool kept_whole = largest_kept > 500;  // else what nobody reads is gone
    EXPECT_EQ(fill->holds(1000, false), kept_whole);
    EXPECT_EQ(fill->holds(1499, false), kept_whole);
    EXPECT_TRUE(fill->holds(1500, false));  // the next to come
    EXPECT_FALSE(fill->holds(1501, false));
    EXPECT_FALSE(fill->holds(999, false));
    EXPECT_EQ(fill->holds(1500, true), kept_whole);
    EXPECT_EQ(table.join_part("key", 1500).fill, fill);
    EXPECT_EQ(table.join_part("key", 1500, true).fill == fill, kept_whole);
    Fill::Reader reader(fill, 500);
    EXPECT_FALSE(reader.came_too_late());
    fill->append(segment_of("behind"));
    fill->complete({});
    EXPECT_EQ(take_all(reader), "behind");
  }
}

TEST(FillTable, HasOneFillForEachVariantBesideTheFirst) {
  FillTable table;
  const auto first = table.join("key");
  const auto packed = table.join_variant("key", "gzip");
  EXPECT_TRUE(packed.leads);
  EXPECT_FALSE(table.join_variant("key", "gzip").leads);
  EXPECT_EQ(table.join_variant("key", "gzip").fill, packed.fill);
  EXPECT_TRUE(table.join_variant("key", "br").leads);
  EXPECT_EQ(table.join("key").fill, first.fill);
  table.leave("key", *packed.fill);
  const auto anew = table.join_variant("key", "gzip");
  EXPECT_TRUE(anew.leads);
  table.invalidate("key");
  EXPECT_TRUE(anew.fill->is_invalidated());
  EXPECT_TRUE(table.join_variant("key", "gzip").leads);
}

TEST(FillTable, WhoReadsLaterDoesNotWaitForAHead) {
  FillTable table;
  EXPECT_TRUE(table.join_part("key", 0).leads);
  EXPECT_TRUE(table.join_part("key", 0, true).leads);
}

TEST(FillTable, InvalidatingReachesAllPartsAlsoThoseThatNobodyFinds) {
  FillTable table;
  const auto front = table.join_part("key", 0).fill;
  const auto alone = table.add_unshared("key");
  const auto another = table.join_part("another", 0).fill;
  table.invalidate("key");
  EXPECT_TRUE(front->is_invalidated());
  EXPECT_TRUE(alone->is_invalidated());
  EXPECT_FALSE(another->is_invalidated());
  EXPECT_EQ(table.size(), 1U);
}

TEST(FillTable, AnInvalidationIsSeenByWhoHasNoFillYet) {
  const auto table = std::make_unique<FillTable>();
  const auto before = table->invalidations("key");
  table->invalidate("key");
  EXPECT_NE(table->invalidations("key"), before);
  EXPECT_EQ(table->invalidations("another"), 0U);
}

TEST(FillTable, AnUnsharedFillIsFoundByNobody) {
  FillTable table;
  const auto unshared = table.add_unshared("key");
  EXPECT_FALSE(table.has("key"));
  EXPECT_TRUE(table.join("key").leads);
  EXPECT_TRUE(table.join_part("key", 0).leads);
  table.leave("key", *unshared);
  EXPECT_EQ(table.size(), 2U);
}

TEST(RecentKeys, AKeyIsRememberedForItsTime) {
  const auto keys = std::make_unique<RecentKeys>();
  EXPECT_FALSE(keys->has("key"));
  keys->remember("key", milliseconds(60'000));
  EXPECT_TRUE(keys->has("key"));
  EXPECT_FALSE(keys->has("another"));
  keys->forget("another");
  EXPECT_TRUE(keys->has("key"));
  keys->forget("key");
  EXPECT_FALSE(keys->has("key"));
  keys->remember("key", milliseconds(0));
  EXPECT_FALSE(keys->has("key"));
}

TEST(RecentKeys, WhatHappenedToAKeyIsToldWhileItIsRemembered) {
  const auto keys = std::make_unique<RecentKeys>();
  keys->remember("key", milliseconds(60'000), cache::MissCause::bypass);
  EXPECT_EQ(keys->find("key"), cache::MissCause::bypass);
  EXPECT_EQ(keys->find("another"), std::nullopt);
  keys->remember("key", milliseconds(60'000));
  EXPECT_EQ(keys->find("key"), cache::MissCause::none);
  keys->remember("key", milliseconds(0), cache::MissCause::no_store);
  EXPECT_EQ(keys->find("key"), std::nullopt);
}

}  // namespace
}  // namespace sluice::pipeline
