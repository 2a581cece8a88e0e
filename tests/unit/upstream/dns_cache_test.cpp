#include "gateway/upstream/dns_cache.hpp"

#include <gtest/gtest.h>

namespace sluice::upstream {
namespace {

using namespace std::chrono_literals;

ResolvedPtr addresses(const char* text) {
  return std::make_shared<Resolved>(Resolved{{policy::Address::parse(text).value()}, false});
}

class DnsCacheTest : public testing::Test {
 protected:
  bool is_known(std::string_view host) { return cache_.find(host, now_).has_value(); }
  ResolvedPtr found(std::string_view host) {
    const auto answer = cache_.find(host, now_);
    return answer ? answer->addresses : nullptr;
  }

  DnsCache::Time now_{1000s};
  DnsCache cache_{{.max_entries = 3, .negative_ttl = 10s, .last_good = 100s}};
};

TEST_F(DnsCacheTest, AnAnswerIsGoodForItsTtl) {
  cache_.keep("a", addresses("192.0.2.1"), 30s, now_);
  EXPECT_EQ(found("a")->addresses.front().text(), "192.0.2.1");
  now_ += 30s - 1ns;
  EXPECT_TRUE(is_known("a"));
  now_ += 1ns;
  EXPECT_FALSE(is_known("a"));
  EXPECT_FALSE(is_known("b"));
}

TEST_F(DnsCacheTest, TtlsAreBroughtBetweenASecondAndADay) {
  cache_.keep("short", addresses("192.0.2.1"), 0s, now_);
  cache_.keep("long", addresses("192.0.2.1"), std::chrono::hours(1000), now_);
  now_ += 999ms;
  EXPECT_TRUE(is_known("short"));
  now_ += 1ms;
  EXPECT_FALSE(is_known("short"));
  now_ += std::chrono::hours(24) - 1s - 1ns;
  EXPECT_TRUE(is_known("long"));
  now_ += 1ns;
  EXPECT_FALSE(is_known("long"));
}

TEST_F(DnsCacheTest, ANameThatDoesNotExistIsRememberedForTheNegativeTtl) {
  cache_.keep_absent("a", now_);
  const auto answer = cache_.find("a", now_ + 9s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->addresses, nullptr);
  EXPECT_EQ(answer->error, ErrorKind::destination_not_found);
  EXPECT_FALSE(cache_.find("a", now_ + 10s));
}

TEST_F(DnsCacheTest, AnExpiredAnswerIsUsedWhenTheDnsFails) {
  cache_.keep("a", addresses("192.0.2.1"), 30s, now_);
  now_ += 31s;
  const auto answer = cache_.keep_failure("a", ErrorKind::dns_timeout, now_);
  ASSERT_NE(answer.addresses, nullptr);
  EXPECT_TRUE(answer.addresses->from_last_good);
  EXPECT_EQ(answer.addresses->addresses.front().text(), "192.0.2.1");
  now_ += 9s;
  EXPECT_TRUE(found("a")->from_last_good);  // and the DNS is left alone for a while
  now_ += 1s;
  EXPECT_FALSE(is_known("a"));
}

TEST_F(DnsCacheTest, TheLastGoodAnswerHasAnEnd) {
  cache_.keep("a", addresses("192.0.2.1"), 30s, now_);
  now_ += 129s;
  EXPECT_NE(cache_.keep_failure("a", ErrorKind::dns_error, now_).addresses, nullptr);
  now_ += 1s;
  EXPECT_FALSE(is_known("a"));
  const auto answer = cache_.keep_failure("a", ErrorKind::dns_error, now_);
  EXPECT_EQ(answer.addresses, nullptr);
  EXPECT_EQ(answer.error, ErrorKind::dns_error);
}

TEST_F(DnsCacheTest, AFailureIsRememberedForASecond) {
  EXPECT_EQ(cache_.keep_failure("a", ErrorKind::dns_timeout, now_).error, ErrorKind::dns_timeout);
  EXPECT_EQ(cache_.find("a", now_ + 999ms)->error, ErrorKind::dns_timeout);
  EXPECT_FALSE(cache_.find("a", now_ + 1s));
}

TEST_F(DnsCacheTest, ANameThatWentAwayHasNoLastGoodAnswer) {
  cache_.keep("a", addresses("192.0.2.1"), 1s, now_);
  cache_.keep_absent("a", now_ + 2s);
  EXPECT_EQ(cache_.keep_failure("a", ErrorKind::dns_error, now_ + 20s).addresses, nullptr);
}

TEST_F(DnsCacheTest, AFreshAnswerEndsTheUseOfTheLastGoodOne) {
  cache_.keep("a", addresses("192.0.2.1"), 1s, now_);
  EXPECT_NE(cache_.keep_failure("a", ErrorKind::dns_error, now_ + 2s).addresses, nullptr);
  cache_.keep("a", addresses("192.0.2.2"), 1s, now_ + 3s);
  EXPECT_FALSE(cache_.find("a", now_ + 3s)->addresses->from_last_good);
  EXPECT_EQ(cache_.find("a", now_ + 3s)->addresses->addresses.front().text(), "192.0.2.2");
}

TEST_F(DnsCacheTest, TheNameNotAskedForLongestGoesFirst) {
  for (const char* host : {"a", "b", "c"}) { cache_.keep(host, addresses("192.0.2.1"), 30s, now_); }
  EXPECT_TRUE(is_known("a"));
  cache_.keep_absent("d", now_);
  EXPECT_EQ(cache_.size(), 3U);
  EXPECT_TRUE(is_known("a"));
  EXPECT_FALSE(is_known("b"));
  EXPECT_TRUE(is_known("c"));
  EXPECT_TRUE(is_known("d"));
}

TEST_F(DnsCacheTest, FlushForgetsEverything) {
  cache_.keep("a", addresses("192.0.2.1"), 30s, now_);
  cache_.flush();
  EXPECT_EQ(cache_.size(), 0U);
  EXPECT_FALSE(is_known("a"));
  EXPECT_EQ(cache_.keep_failure("a", ErrorKind::dns_error, now_).addresses, nullptr);
}

}  // namespace
}  // namespace sluice::upstream
