#include "gateway/control/hit_ledger.hpp"

#include "gateway/base/file.hpp"
#include "tests/unit/control_server/running_daemon.hpp"

namespace sluice::control::test {
namespace {

TEST(HitLedger, AddsWhatEarlierRunsCounted) {
  RunningDaemon daemon;  // for its directory
  const auto file = daemon.in("policy.hits");
  HitLedger first(file);
  first.load();
  ASSERT_TRUE(first.save({{"a", {3, 100, 120}}, {"b", {1, 5, 5}}}));
  HitLedger second(file);
  second.load();
  const auto all = second.with({{"a", {2, 200, 210}}});
  EXPECT_EQ(all.at("a").count, 5u);
  EXPECT_EQ(all.at("a").first, 100);
  EXPECT_EQ(all.at("a").last, 210);
  EXPECT_EQ(all.at("b").count, 1u);
  ASSERT_TRUE(replace_file(file, "a 1 2 3\nbroken\nb x 1 1\nc 4 5 6"));
  HitLedger third(file);
  third.load();
  EXPECT_EQ(third.with({}).size(), 2u);
  EXPECT_FALSE(HitLedger(daemon.in("none/policy.hits")).save({}));
}

}  // namespace
}  // namespace sluice::control::test
