#include "cache/vary.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

TEST(Vary, NamesAreSortedLowerCaseAndOnce) {
  const auto response = lines("Vary: Cookie, accept\nVary: ACCEPT,, X-A");
  const auto names = vary_names(response.fields());
  EXPECT_EQ(names.names, (std::vector<std::string>{"accept", "cookie", "x-a"}));
  EXPECT_FALSE(names.matches_nothing);
}

// RFC 9111 4.1
TEST(Vary, StarInAnyMemberMatchesNothing) {
  for (const auto* vary : {"Vary: *", "Vary: Accept, *", "Vary: Accept\nVary: *", "Vary: a b", "Vary: \"x"}) {
    const auto response = lines(vary);
    EXPECT_TRUE(vary_names(response.fields()).matches_nothing) << vary;
  }
}

struct Case {
  const char* name;
  const char* vary;
  const char* one;
  const char* other;
  bool same;
  const char* rfc;
};

TEST(Vary, RequestsSelectTheSameVariantWhenTheyMeanTheSame) {
  constexpr Case kCases[] = {
      {"same", "X-A", "X-A: 1", "x-a:  1", true, "9111 4.1"},
      {"different", "X-A", "X-A: 1", "X-A: 2", false, "9111 4.1"},
      {"case of an unknown field", "X-A", "X-A: a", "X-A: A", false, "9111 4.1"},
      {"absent in both", "X-A", "X-B: 1", "X-B: 2", true, "9111 4.1"},
      {"absent in one", "X-A", "X-A: ", "", false, "9111 4.1"},
      {"lines combined", "X-A", "X-A: 1, 2", "X-A: 1\nX-A: 2", true, "9111 4.1"},
      {"blanks at commas", "X-A", "X-A: 1,2", "X-A:  1 \t,\t2 ", true, "9110 5.6.1"},
      {"blanks within members", "X-A", "X-A: 1 2", "X-A: 12", false, "9111 4.1"},
      {"blanks in a quoted-string", "X-A", "X-A: \"a, b\"", "X-A: \"a,b\"", false, "9110 5.6.4"},
      {"quote in a quoted-string", "X-A", "X-A: \"\\\", b\", c", "X-A: \"\\\", b\",c", true, "9110 5.6.4"},
      {"blanks in what is no list", "User-Agent", "User-Agent: a (b, c)", "User-Agent: a (b,c)", false, "9111 4.1"},
      {"two fields", "X-A, X-B", "X-A: 1\nX-B: 2", "X-A: 2\nX-B: 1", false, "9111 4.1"},
      {"one of two", "X-A, X-B", "X-A: 1", "X-B: 1", false, "9111 4.1"},
      {"codings in any order", "Accept-Encoding", "Accept-Encoding: gzip, br", "Accept-Encoding: br,gzip", true,
       "9110 12.5.3"},
      {"codings in any case", "Accept-Encoding", "Accept-Encoding: GZIP", "Accept-Encoding: gzip;q=0.5", true,
       "9110 8.4.1"},
      {"codings that matter", "Accept-Encoding", "Accept-Encoding: gzip, deflate, br, zstd",
       "Accept-Encoding: gzip, br, zstd, compress", true, "9110 12.5.3"},
      {"refused coding", "Accept-Encoding", "Accept-Encoding: gzip, br;q=0", "Accept-Encoding: gzip", true,
       "9110 12.4.2"},
      {"refused with digits", "Accept-Encoding", "Accept-Encoding: gzip, br;q=0.000",
       "Accept-Encoding: gzip, br;q=0.001", false, "9110 12.4.2"},
      {"x-gzip", "Accept-Encoding", "Accept-Encoding: x-gzip", "Accept-Encoding: gzip", true, "9110 8.4.1.3"},
      {"identity by default", "Accept-Encoding", "Accept-Encoding: gzip, identity", "Accept-Encoding: gzip", true,
       "9110 12.5.3"},
      {"identity refused", "Accept-Encoding", "Accept-Encoding: gzip, identity;q=0", "Accept-Encoding: gzip", false,
       "9110 12.5.3"},
      {"all others refused", "Accept-Encoding", "Accept-Encoding: gzip, *;q=0", "Accept-Encoding: gzip, identity;q=0",
       true, "9110 12.5.3"},
      {"any coding", "Accept-Encoding", "Accept-Encoding: *", "Accept-Encoding: br, gzip, zstd", true, "9110 12.5.3"},
      {"any but one", "Accept-Encoding", "Accept-Encoding: *, br;q=0", "Accept-Encoding: gzip, zstd", true,
       "9110 12.5.3"},
      {"empty is identity", "Accept-Encoding", "Accept-Encoding: ", "Accept-Encoding: identity", true, "9110 12.5.3"},
      {"absent is its own", "Accept-Encoding", "", "Accept-Encoding: identity", false, "9111 4.1"},
      {"media types in any order", "Accept", "Accept: text/html, image/png;q=0.8",
       "Accept: image/PNG; q=0.80 ,text/html", true, "9110 12.5.1"},
      {"weights count", "Accept", "Accept: text/html;q=0.5", "Accept: text/html", false, "9110 12.4.2"},
      {"full weight", "Accept", "Accept: text/html;q=1.000", "Accept: text/html", true, "9110 12.4.2"},
      {"quoted parameter keeps its case", "Accept", "Accept: text/html;a=\"X;q=1\"", "Accept: text/html;a=\"x;q=1\"",
       false, "9110 12.5.1"},
      {"languages by weight", "Accept-Language", "Accept-Language: de, en;q=0.5", "Accept-Language: en;q=0.5,DE", true,
       "9110 12.5.4"},
      {"order of equal languages", "Accept-Language", "Accept-Language: de, en", "Accept-Language: en, de", false,
       "9110 12.5.4"},
  };
  for (const auto& c : kCases) {
    const auto response = lines(std::string("Vary: ") + c.vary);
    const auto names = vary_names(response.fields());
    const auto one = lines(c.one);
    const auto other = lines(c.other);
    EXPECT_EQ(variant_key(names, one.fields()) == variant_key(names, other.fields()), c.same)
        << c.name << ", RFC " << c.rfc << "\n"
        << variant_key(names, one.fields()) << variant_key(names, other.fields());
  }
}

TEST(Vary, MoreNamesThanItIsWorthMatchNothing) {
  std::string vary = "Vary: ";
  for (std::size_t i = 0; i < kMostVaryNames; ++i) { vary += "n" + std::to_string(i) + ","; }
  EXPECT_FALSE(vary_names(lines(vary).fields()).matches_nothing);
  const auto names = vary_names(lines(vary + "one-more").fields());
  EXPECT_TRUE(names.matches_nothing);
  EXPECT_TRUE(names.names.empty());
}

TEST(Vary, WithoutNamesEveryRequestSelectsTheOneVariant) {
  EXPECT_EQ(variant_key({}, {}), "");
}

}  // namespace
}  // namespace sluice::cache
