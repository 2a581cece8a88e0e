#include "gateway/base/mailbox.hpp"

#include <atomic>
#include <memory>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "gateway/base/offload.hpp"
#include "gateway/base/signal.hpp"
#include "tests/support/run.hpp"

namespace sluice {
namespace {

using support::run;
using support::settle;

class MailboxTest : public testing::Test {
 protected:
  // Delivers beside whatever the test runs.
  void deliver() {
    asio::co_spawn(context_, mailbox_.run(), [](const std::exception_ptr&) {});
  }

  asio::io_context context_;
  Mailbox mailbox_{context_};
};

TEST_F(MailboxTest, PostedFunctionsRunInOrderOnTheWorker) {
  deliver();
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) {
    mailbox_.post([&, i] { order.push_back(i); });
  }
  EXPECT_TRUE(order.empty());
  settle(context_);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST_F(MailboxTest, AFunctionMayPostAnother) {
  deliver();
  int ran = 0;
  mailbox_.post([&] { mailbox_.post([&] { ++ran; }); });
  settle(context_);
  EXPECT_EQ(ran, 1);
}

TEST_F(MailboxTest, WhatWasPostedAheadOfRunIsDelivered) {
  int ran = 0;
  mailbox_.post([&] { ++ran; });
  deliver();
  settle(context_);
  EXPECT_EQ(ran, 1);
}

TEST_F(MailboxTest, ClosedItDropsWhatWaitsAndWhatComes) {
  auto owned = std::make_shared<int>(1);
  mailbox_.post([owned] {});
  mailbox_.close();
  EXPECT_EQ(owned.use_count(), 1);
  mailbox_.post([owned] {});
  EXPECT_EQ(owned.use_count(), 1);
  settle(context_);
}

// What is dropped may hold a coroutine, and the end of that one may announce something to the same worker.
TEST_F(MailboxTest, WhatIsDroppedMayPostWhenItGoes) {
  struct PostsAtItsEnd {
    Mailbox& mailbox;
    ~PostsAtItsEnd() {
      mailbox.post([] {});
    }
  };
  auto last_words = std::make_shared<PostsAtItsEnd>(mailbox_);
  mailbox_.post([words = std::move(last_words)] {});
  mailbox_.close();
  SUCCEED();
}

TEST_F(MailboxTest, NothingIsLostBetweenThreads) {
  constexpr int kEach = 5000;
  std::atomic<int> posting = 2;
  int ran = 0;
  deliver();
  const auto post_all = [&] {
    for (int i = 0; i < kEach; ++i) {
      mailbox_.post([&] {
        if (++ran == 2 * kEach) { context_.stop(); }
      });
    }
    --posting;
  };
  std::thread first(post_all);
  std::thread second(post_all);
  context_.restart();
  context_.run();
  first.join();
  second.join();
  EXPECT_EQ(ran, 2 * kEach);
}

TEST_F(MailboxTest, ClosingWhileOthersPostTouchesNoClosedDescriptor) {
  std::atomic<bool> started = false;
  std::thread other([&] {
    for (int i = 0; i < 20000; ++i) {
      mailbox_.post([] {});
      started = true;
    }
  });
  while (!started) { std::this_thread::yield(); }
  mailbox_.close();
  other.join();
}

// ---- offload

Task<int> square(ThreadPool& pool, Mailbox& mailbox, int number) {
  const auto caller = std::this_thread::get_id();
  const auto result = co_await offload(pool, mailbox, [number, caller] {
    EXPECT_NE(std::this_thread::get_id(), caller);
    return number * number;
  });
  EXPECT_EQ(std::this_thread::get_id(), caller);
  co_return result.value_or(-1);
}

TEST_F(MailboxTest, OffloadedWorkComesBackToItsWorker) {
  deliver();
  ThreadPool pool("test", 2, 10);
  EXPECT_EQ(run(context_, square(pool, mailbox_, 7)), 49);
}

Task<int> add_squares(ThreadPool& pool, Mailbox& mailbox, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) { sum += co_await square(pool, mailbox, 1); }
  co_return sum;
}

TEST_F(MailboxTest, OffloadingManyTimesLosesNoWakeup) {
  deliver();
  ThreadPool pool("test", 2, 10);
  EXPECT_EQ(run(context_, add_squares(pool, mailbox_, 2000)), 2000);
}

TEST_F(MailboxTest, AFullQueueIsSaidAndNotWaitedFor) {
  deliver();
  ThreadPool pool("test", 1, 0);
  EXPECT_EQ(run(context_, square(pool, mailbox_, 7)), -1);
}

// At shutdown the waiting coroutine is destroyed; the pool may still be at it.
TEST_F(MailboxTest, WorkOutlivesTheCoroutineThatWaits) {
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  auto pool = std::make_unique<ThreadPool>("test", 1, 10);
  auto context = std::make_unique<asio::io_context>();
  auto mailbox = std::make_unique<Mailbox>(*context);
  struct Waits {
    static Task<> for_the_gate(ThreadPool& threads, Mailbox& box, std::shared_future<void> open,
                               std::shared_ptr<int> owned) {
      [[maybe_unused]] const auto done = co_await offload(threads, box, [open] {
        open.wait();
        return 1;
      });
      EXPECT_EQ(*owned, 0) << "resumed after its worker had gone";
    }
  };
  auto owned = std::make_shared<int>(1);
  asio::co_spawn(*context, Waits::for_the_gate(*pool, *mailbox, opened, owned), [](const std::exception_ptr&) {});
  settle(*context);
  EXPECT_EQ(owned.use_count(), 2);
  gate.set_value();
  pool.reset();
  mailbox->close();
  context.reset();
  EXPECT_EQ(owned.use_count(), 1);
}

// ---- signal

Task<> wait_for(Signal& signal, bool& ended) {
  co_await signal.wait();
  ended = true;
}

TEST(Signal, WhoWaitsGoesOnWhenItIsAnnounced) {
  asio::io_context context;
  Signal signal(context);
  bool ended = false;
  asio::co_spawn(context, wait_for(signal, ended), [](const std::exception_ptr&) {});
  settle(context);
  EXPECT_FALSE(ended);
  signal.announce();
  EXPECT_TRUE(signal.is_announced());
  settle(context);
  EXPECT_TRUE(ended);
}

TEST(Signal, AnnouncedBeforehandNobodyWaits) {
  asio::io_context context;
  Signal signal(context);
  signal.announce();
  bool ended = false;
  run(context, wait_for(signal, ended));
  EXPECT_TRUE(ended);
}

TEST(Signal, ALimitEndsTheWait) {
  asio::io_context context;
  Signal signal(context);
  EXPECT_FALSE(run(context, signal.wait_for(milliseconds(1))));
  signal.announce();
  EXPECT_TRUE(run(context, signal.wait_for(milliseconds(1))));
}

}  // namespace
}  // namespace sluice
