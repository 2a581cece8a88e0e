#include "cache/reuse.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

constexpr auto kFresh = Reuse::Kind::fresh;
constexpr auto kBehind = Reuse::Kind::stale_while_revalidate;
constexpr auto kValidate = Reuse::Kind::must_validate;

struct Case {
  const char* name;
  const char* response;
  int age;  // seconds after storing
  const char* request;
  Reuse::Kind kind;
  MissCause cause;
  const char* rfc;
};

TEST(Reuse, IsJudgedByBothSides) {
  using enum MissCause;
  constexpr Case kCases[] = {
      {"fresh", "Cache-Control: max-age=60", 59, "", kFresh, none, "9111 4.2"},
      {"not fresh at the limit", "Cache-Control: max-age=60", 60, "", kValidate, expired, "9111 4.2"},
      {"no-cache", "Cache-Control: no-cache, max-age=60\nETag: \"x\"", 0, "", kValidate, expired, "9111 5.2.2.4"},
      {"no-cache on fields", "Cache-Control: no-cache=\"X\", max-age=60", 0, "", kFresh, none, "9111 5.2.2.4"},
      {"no-cache and max-stale", "Cache-Control: no-cache, max-age=60\nETag: \"x\"", 0, "Cache-Control: max-stale",
       kValidate, expired, "9111 4.2.4"},
      {"request no-cache", "Cache-Control: max-age=60", 0, "Cache-Control: no-cache", kValidate, bypass,
       "9111 5.2.1.4"},
      {"request no-cache with an argument", "Cache-Control: max-age=60", 0, "Cache-Control: no-cache=\"x\"", kValidate,
       bypass, "9111 5.2.1.4"},
      {"request private with an argument", "Cache-Control: max-age=60", 0, "Cache-Control: private=\"x\"", kFresh, none,
       "9111 5.2.1"},
      {"Pragma", "Cache-Control: max-age=60", 0, "Pragma: x, no-cache", kValidate, bypass, "9111 5.4"},
      {"Pragma under Cache-Control", "Cache-Control: max-age=60", 0, "Pragma: no-cache\nCache-Control: max-age=9",
       kFresh, none, "9111 5.4"},
      {"other Pragma", "Cache-Control: max-age=60", 0, "Pragma: foo", kFresh, none, "9111 5.4"},
      {"request no-store", "Cache-Control: max-age=60", 0, "Cache-Control: no-store", kFresh, none, "9111 5.2.1.5"},
      {"request max-age", "Cache-Control: max-age=60", 10, "Cache-Control: max-age=10", kFresh, none, "9111 5.2.1.1"},
      {"request max-age passed", "Cache-Control: max-age=60", 11, "Cache-Control: max-age=10", kValidate, bypass,
       "9111 5.2.1.1"},
      {"request max-age of 0", "Cache-Control: max-age=60", 0, "Cache-Control: max-age=0", kValidate, bypass,
       "9111 5.2.1.1"},
      {"understood against no-store", "Cache-Control: no-store, must-understand, max-age=60", 0, "", kFresh, none,
       "9111 5.2.2.3"},
      {"unreadable max-age", "Cache-Control: max-age=60", 1, "Cache-Control: max-age=x", kValidate, bypass,
       "9111 4.2.1"},
      {"min-fresh", "Cache-Control: max-age=60", 50, "Cache-Control: min-fresh=10", kFresh, none, "9111 5.2.1.3"},
      {"min-fresh missed", "Cache-Control: max-age=60", 51, "Cache-Control: min-fresh=10", kValidate, bypass,
       "9111 5.2.1.3"},
      {"max-stale", "Cache-Control: max-age=60", 70, "Cache-Control: max-stale=10", kFresh, expired, "9111 5.2.1.2"},
      {"max-stale passed", "Cache-Control: max-age=60", 71, "Cache-Control: max-stale=10", kValidate, expired,
       "9111 5.2.1.2"},
      {"any max-stale", "Cache-Control: max-age=60", 9999, "Cache-Control: max-stale", kFresh, expired, "9111 5.2.1.2"},
      {"max-stale within max-age", "Cache-Control: max-age=60", 70, "Cache-Control: max-stale, max-age=80", kFresh,
       expired, "9111 5.2.1.1"},
      {"max-stale beyond max-age", "Cache-Control: max-age=60", 90, "Cache-Control: max-stale, max-age=80", kValidate,
       expired, "9111 5.2.1.1"},
      {"max-stale and min-fresh", "Cache-Control: max-age=60", 70, "Cache-Control: max-stale, min-fresh=1", kValidate,
       expired, "9111 5.2.1.3"},
      {"must-revalidate", "Cache-Control: max-age=60, must-revalidate", 61, "Cache-Control: max-stale", kValidate,
       expired, "9111 5.2.2.2"},
      {"proxy-revalidate", "Cache-Control: max-age=60, proxy-revalidate", 61, "Cache-Control: max-stale", kValidate,
       expired, "9111 5.2.2.8"},
      {"s-maxage", "Cache-Control: s-maxage=60", 61, "Cache-Control: max-stale", kValidate, expired, "9111 5.2.2.10"},
      {"must-revalidate while fresh", "Cache-Control: max-age=60, must-revalidate", 59, "", kFresh, none,
       "9111 5.2.2.2"},
      {"behind the client", "Cache-Control: max-age=60, stale-while-revalidate=10", 70, "", kBehind, expired, "5861 3"},
      {"too stale for that", "Cache-Control: max-age=60, stale-while-revalidate=10", 71, "", kValidate, expired,
       "5861 3"},
      {"client wants newer", "Cache-Control: max-age=60, stale-while-revalidate=10", 61, "Cache-Control: max-age=100",
       kValidate, expired, "9111 5.2.1.1"},
      {"behind, must-revalidate", "Cache-Control: max-age=60, stale-while-revalidate=10, must-revalidate", 61, "",
       kValidate, expired, "9111 4.2.4"},
      {"behind, s-maxage", "Cache-Control: s-maxage=60, stale-while-revalidate=10", 61, "", kValidate, expired,
       "9111 4.2.4"},
      {"behind, proxy-revalidate", "Cache-Control: max-age=60, stale-while-revalidate=10, proxy-revalidate", 61, "",
       kValidate, expired, "9111 4.2.4"},
      {"immutable reload", "Cache-Control: max-age=60, immutable", 30, "Cache-Control: max-age=0", kFresh, none,
       "8246 2.1"},
      {"immutable forced", "Cache-Control: max-age=60, immutable", 30, "Cache-Control: no-cache", kValidate, bypass,
       "8246 2.1"},
      {"immutable stale", "Cache-Control: max-age=60, immutable", 60, "Cache-Control: max-age=0", kValidate, expired,
       "8246 2"},
      {"Age on arrival", "Cache-Control: max-age=60\nAge: 58", 2, "", kValidate, expired, "9111 4.2.3"},
      {"targeted", "Cache-Control: max-age=60\nSluice-Directives: max-age=5", 5, "", kValidate, expired, "9213 2.2"},
  };
  for (const auto& c : kCases) {
    const auto request = lines(c.request);
    const auto head = stored_head(c.response);
    const auto reuse = judge_reuse({"GET", "http://a.example/x", request.fields()}, head, kNow + Seconds{c.age});
    EXPECT_EQ(reuse.kind, c.kind) << c.name << ", RFC " << c.rfc;
    EXPECT_EQ(to_string(reuse.cause), to_string(c.cause)) << c.name << ", RFC " << c.rfc;
  }
}

struct FailureCase {
  const char* name;
  const char* response;
  int age;
  const char* request;
  bool on_error;
  bool disconnected;
  const char* rfc;
};

TEST(Reuse, AfterAFailureStaleIsServedOnlyWhereItMay) {
  constexpr FailureCase kCases[] = {
      {"stale", "Cache-Control: max-age=60", 61, "", false, true, "9111 4.2.4"},
      {"for a day", "Cache-Control: max-age=60", 60 + 86400, "", false, true, "9111 4.2.4"},
      {"for no longer than a day", "Cache-Control: max-age=60", 61 + 86400, "", false, false, "9111 4.2.4"},
      {"an age that is past it on arrival", "Cache-Control: max-age=1\nAge: 90000000", 0, "", false, false,
       "9111 4.2.4"},
      {"longer where that was said", "Cache-Control: max-age=60, stale-if-error=90000", 60 + 90000, "", true, true,
       "5861 4"},
      {"stale-if-error", "Cache-Control: max-age=60, stale-if-error=10", 70, "", true, true, "5861 4"},
      {"its limit", "Cache-Control: max-age=60, stale-if-error=10", 71, "", false, false, "5861 4"},
      {"the request's", "Cache-Control: max-age=60", 70, "Cache-Control: stale-if-error=10", true, true, "5861 4"},
      {"the response's first", "Cache-Control: max-age=60, stale-if-error=5", 70, "Cache-Control: stale-if-error=10",
       false, false, "5861 4"},
      {"must-revalidate", "Cache-Control: max-age=60, stale-if-error=10, must-revalidate", 61, "", false, false,
       "9111 4.2.4"},
      {"proxy-revalidate", "Cache-Control: max-age=60, stale-if-error=10, proxy-revalidate", 61, "", false, false,
       "9111 4.2.4"},
      {"s-maxage", "Cache-Control: s-maxage=60, stale-if-error=10", 61, "", false, false, "9111 4.2.4"},
      {"no-cache", "Cache-Control: no-cache, stale-if-error=10\nETag: \"x\"", 1, "", false, false, "9111 4.2.4"},
      {"fresh, client wanted newer", "Cache-Control: max-age=60", 30, "Cache-Control: max-age=0", true, true,
       "9111 5.2.1.1"},
      {"client insists", "Cache-Control: max-age=60", 30, "Cache-Control: no-cache", false, false, "9111 5.2.1.4"},
      {"must-revalidate while fresh", "Cache-Control: max-age=60, must-revalidate", 30, "Cache-Control: max-age=0",
       true, true, "9111 5.2.2.2"},
  };
  for (const auto& c : kCases) {
    const auto request = lines(c.request);
    const auto head = stored_head(c.response);
    const auto reuse = judge_reuse({"GET", "http://a.example/x", request.fields()}, head, kNow + Seconds{c.age});
    EXPECT_EQ(reuse.may_serve_on_error, c.on_error) << c.name << ", RFC " << c.rfc;
    EXPECT_EQ(reuse.may_serve_disconnected, c.disconnected) << c.name << ", RFC " << c.rfc;
  }
}

TEST(Reuse, HowStaleItMayBeWithoutAWordIsTheOperatorsChoice) {
  const auto head = stored_head("Cache-Control: max-age=60");
  const auto at = [&](int age, Seconds limit) {
    return judge_reuse({"GET", "", {}}, head, kNow + Seconds{age}, kNeverStale, limit).may_serve_disconnected;
  };
  EXPECT_TRUE(at(70, Seconds{10}));
  EXPECT_FALSE(at(71, Seconds{10}));
  EXPECT_FALSE(at(60, Seconds{0}));
  EXPECT_TRUE(at(59, Seconds{0})) << "fresh";
}

TEST(Reuse, AgeAndRemainingFreshnessAreReported) {
  const auto head = stored_head("Cache-Control: max-age=60\nAge: 5");
  const auto reuse = judge_reuse({"GET", "http://a.example/x", {}}, head, kNow + Seconds{70});
  EXPECT_EQ(reuse.age, Seconds{75});
  EXPECT_EQ(reuse.ttl, Seconds{-15});
}

// RFC 9111 4: what needs a validation for each reuse answers nobody but the one who asked.
TEST(Reuse, SaysWhatOthersMayShare) {
  for (const char* shared :
       {"Cache-Control: max-age=60", "Cache-Control: max-age=60, must-revalidate", "Cache-Control: max-age=60\nAge: 59",
        "Cache-Control: no-cache=\"X\", max-age=60", "Cache-Control: max-age=0, stale-while-revalidate=10"}) {
    EXPECT_TRUE(is_shareable(stored_head(shared))) << shared;
  }
  for (const char* alone :
       {"ETag: \"x\"", "Cache-Control: max-age=0\nETag: \"x\"", "Cache-Control: no-cache, max-age=60\nETag: \"x\"",
        "Cache-Control: max-age=60\nAge: 60", "Cache-Control: max-age=0, stale-if-error=60\nETag: \"x\""}) {
    EXPECT_FALSE(is_shareable(stored_head(alone))) << alone;
  }
}

TEST(Reuse, OnlyIfCachedIsSeen) {
  const auto yes = lines("Cache-Control: max-stale, only-if-cached");
  const auto no = lines("Cache-Control: max-stale\nPragma: only-if-cached");
  EXPECT_TRUE(is_only_if_cached({"GET", "", yes.fields()}));
  EXPECT_FALSE(is_only_if_cached({"GET", "", no.fields()}));
}

// A soft purge ends the freshness at its time; windows count from there.
TEST(Reuse, ASoftPurgeMakesAFreshResponseStale) {
  using enum MissCause;
  struct PurgeCase {
    const char* name;
    const char* response;
    int purged;  // seconds after storing
    int age;
    Reuse::Kind kind;
    MissCause cause;
    long ttl;
    bool may_serve_on_error;
  };
  constexpr PurgeCase kCases[] = {
      {"at once", "Cache-Control: max-age=60", 10, 10, kValidate, purged, 0, false},
      {"later", "Cache-Control: max-age=60", 10, 15, kValidate, purged, -5, false},
      {"what was stale already", "Cache-Control: max-age=5", 10, 15, kValidate, expired, -10, false},
      {"within the window", "Cache-Control: max-age=60, stale-while-revalidate=20", 10, 30, kBehind, purged, -20,
       false},
      {"beyond it", "Cache-Control: max-age=60, stale-while-revalidate=20", 10, 31, kValidate, purged, -21, false},
      {"while the origin fails", "Cache-Control: max-age=60, stale-if-error=20", 10, 30, kValidate, purged, -20, true},
      {"and not beyond", "Cache-Control: max-age=60, stale-if-error=20", 10, 31, kValidate, purged, -21, false},
      {"must-revalidate", "Cache-Control: max-age=60, must-revalidate, stale-while-revalidate=20", 10, 11, kValidate,
       purged, -1, false},
      {"immutable", "Cache-Control: max-age=60, immutable", 10, 11, kValidate, purged, -1, false},
  };
  for (const auto& c : kCases) {
    for (const bool is_in_head : {false, true}) {
      auto head = stored_head(c.response);
      const auto stale_from = kNow + Seconds{c.purged};
      if (is_in_head) { head.stale_from = stale_from; }
      const auto reuse =
          judge_reuse({"GET", "", {}}, head, kNow + Seconds{c.age}, is_in_head ? kNeverStale : stale_from);
      EXPECT_EQ(reuse.kind, c.kind) << c.name;
      EXPECT_EQ(to_string(reuse.cause), to_string(c.cause)) << c.name;
      EXPECT_EQ(reuse.ttl.count(), c.ttl) << c.name;
      EXPECT_EQ(reuse.may_serve_on_error, c.may_serve_on_error) << c.name;
    }
  }
}

}  // namespace
}  // namespace sluice::cache
