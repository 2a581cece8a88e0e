#include "cache/cache_status.hpp"

#include <gtest/gtest.h>

namespace sluice::cache {
namespace {

std::string written(const CacheStatus& status, std::string_view name = "sluice") {
  std::string out;
  append_cache_status(status, name, out);
  return out;
}

TEST(CacheStatus, HitsAndForwardsAreWrittenAsTheRfcDoes) {
  using enum CacheStatus::Forward;
  EXPECT_EQ(written({.hit = true, .ttl = Seconds{30}}), "sluice; hit; ttl=30");
  EXPECT_EQ(written({.hit = true, .ttl = Seconds{-5}, .cause = MissCause::expired}),
            "sluice; hit; ttl=-5; detail=expired");
  EXPECT_EQ(written({.forward = uri_miss, .stored = true, .cause = MissCause::cold}),
            "sluice; fwd=uri-miss; stored; detail=cold");
  EXPECT_EQ(written({.forward = stale, .forward_status = 304, .collapsed = true}),
            "sluice; fwd=stale; fwd-status=304; collapsed");
  EXPECT_EQ(written({.forward = bypass, .cause = MissCause::no_store}), "sluice; fwd=bypass; detail=no-store");
  EXPECT_EQ(written({.hit = true, .key = "http://a.example/~\"x"}), "sluice; hit; key=\"http://a.example/~\\\"x\"");
  EXPECT_EQ(written({}), "sluice");
}

// RFC 9211 2.1 and 2.2 exclude each other.
TEST(CacheStatus, AHitWasNotForwarded) {
  EXPECT_EQ(written({.hit = true, .forward = CacheStatus::Forward::stale, .forward_status = 304}), "sluice; hit");
}

TEST(CacheStatus, NamesThatAreNoTokensAreStrings) {
  EXPECT_EQ(written({}, "edge.example"), "edge.example");
  EXPECT_EQ(written({}, "the edge"), "\"the edge\"");
  EXPECT_EQ(written({}, "9th"), "\"9th\"");
  EXPECT_EQ(written({}, "a\"b\\\r\n"), "\"a\\\"b\\\\\"");
  EXPECT_EQ(written({}, ""), "\"\"");
}

TEST(CacheStatus, ForwardReasonsAreSpelledAsRegistered) {
  using enum CacheStatus::Forward;
  EXPECT_EQ(to_string(bypass), "bypass");
  EXPECT_EQ(to_string(method), "method");
  EXPECT_EQ(to_string(uri_miss), "uri-miss");
  EXPECT_EQ(to_string(vary_miss), "vary-miss");
  EXPECT_EQ(to_string(miss), "miss");
  EXPECT_EQ(to_string(request), "request");
  EXPECT_EQ(to_string(stale), "stale");
  EXPECT_EQ(to_string(partial), "partial");
}

}  // namespace
}  // namespace sluice::cache
