#include "gateway/base/thread_pool.hpp"

#include <atomic>
#include <future>
#include <memory>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(ThreadPool, WhatIsQueuedIsFinishedBeforeThePoolGoes) {
  std::atomic<int> done = 0;
  {
    ThreadPool pool("test", 2, 1000);
    for (int i = 0; i < 500; ++i) {
      EXPECT_TRUE(pool.run([&] { ++done; }));
    }
  }
  EXPECT_EQ(done, 500);
}

TEST(ThreadPool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    ThreadPool pool("a name longer than the kernel takes", 1, 100);
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(pool.run([&, i] { order.push_back(i); }));
    }
  }
  for (int i = 0; i < 50; ++i) { EXPECT_EQ(order.at(static_cast<std::size_t>(i)), i); }
}

TEST(ThreadPool, WhatDoesNotFitIsRefusedAndDestroyed) {
  std::promise<void> started;
  std::promise<void> gate;
  ThreadPool pool("test", 1, 2);
  ASSERT_TRUE(pool.run([&] {
    started.set_value();
    gate.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.run([] {}));
  EXPECT_TRUE(pool.run([] {}));
  EXPECT_EQ(pool.waiting(), 2U);
  auto owned = std::make_shared<int>(1);
  EXPECT_FALSE(pool.run([owned] {}));
  EXPECT_EQ(owned.use_count(), 1);
  gate.set_value();
}

TEST(ThreadPool, FinishedItTakesNothingMore) {
  int done = 0;
  ThreadPool pool("test", 1, 10);
  ASSERT_TRUE(pool.run([&] { ++done; }));
  pool.finish();
  EXPECT_EQ(done, 1);
  EXPECT_FALSE(pool.run([&] { ++done; }));
  pool.finish();
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace sluice
