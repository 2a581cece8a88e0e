#include "gateway/record/rule_hits.hpp"

#include <gtest/gtest.h>

namespace sluice::record {
namespace {

RuleHits::PolicyPtr policy(std::string_view text, std::uint64_t version) {
  policy::CompileOptions options;
  options.version = version;
  return policy::Snapshot::compile(text, options).value();
}

TEST(RuleHits, AreCountedByIdOverPolicies) {
  const auto first = policy("deny host a.example id a\nallow id rest\n", 1);
  const auto second = policy("deny host b.example id b\ndeny host a.example id a\nallow id rest\n", 2);
  RuleHits hits;
  hits.count(first, 0, 100);
  hits.count(first, 0, 120);
  hits.count(first, 1, 130);
  hits.count(second, 1, 140);
  hits.count(first, 0, 110);  // an exchange that began under the older policy
  hits.count(second, 0, 150);
  HitsByRule all;
  hits.add_to(all);
  EXPECT_EQ(all["a"].count, 4u);
  EXPECT_EQ(all["a"].first, 100);
  EXPECT_EQ(all["a"].last, 140);
  EXPECT_EQ(all["b"].count, 1u);
  EXPECT_EQ(all["rest"].count, 1u);
  hits.add_to(all);
  EXPECT_EQ(all["a"].count, 8u) << "of two workers";
}

TEST(RuleHits, OfARuleWithoutAnyAreNotThere) {
  RuleHits hits;
  HitsByRule all;
  hits.add_to(all);
  EXPECT_TRUE(all.empty());
}

}  // namespace
}  // namespace sluice::record
