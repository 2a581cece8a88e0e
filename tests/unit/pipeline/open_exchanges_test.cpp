#include "gateway/pipeline/open_exchanges.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::pipeline {
namespace {

const auto kClient = policy::Address::from_ipv4({10, 1, 2, 3});
const auto kOther = policy::Address::from_ipv4({10, 1, 2, 4});

TEST(OpenExchanges, AreCountedByClientAndLine) {
  OpenExchanges open;
  const auto first = open.take(kClient, "r-1", 2);
  const auto second = open.take(kClient, "r-1", 2);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(open.take(kClient, "r-1", 2));
  EXPECT_TRUE(open.take(kOther, "r-1", 2));
  EXPECT_TRUE(open.take(kClient, "r-2", 2));
  EXPECT_TRUE(open.take(kClient, "r-1", 3)) << "a line that was edited upwards";
}

TEST(OpenExchanges, LeaveTheirPlaceOnce) {
  OpenExchanges open;
  {
    auto place = open.take(kClient, "r-1", 1);
    const OpenExchanges::Place moved = std::move(*place);
    place.reset();
    EXPECT_FALSE(open.take(kClient, "r-1", 1));
  }
  EXPECT_TRUE(open.take(kClient, "r-1", 1));
}

TEST(OpenExchanges, AreCountedOverAllThreads) {
  OpenExchanges open;
  std::atomic<int> most = 0;
  std::atomic<int> now = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 2000; ++k) {
        const auto place = open.take(kClient, "r-1", 2);
        if (!place) { continue; }
        const int count = ++now;
        for (int seen = most; seen < count && !most.compare_exchange_weak(seen, count);) {}
        --now;
      }
    });
  }
  for (auto& thread : threads) { thread.join(); }
  EXPECT_LE(most, 2);
  EXPECT_TRUE(open.take(kClient, "r-1", 1)) << "every place was left";
}

}  // namespace
}  // namespace sluice::pipeline
