#include "cache/cache_key.hpp"

#include <gtest/gtest.h>

namespace sluice::cache {
namespace {

struct Case {
  const char* name;
  const char* uri;
  const char* key;
  const char* rfc;
};

TEST(CacheKey, IsTheNormalisedUri) {
  constexpr Case kCases[] = {
      {"plain", "http://a.example/x?y=1", "http://a.example/x?y=1", "9111 2"},
      {"fragment", "http://a.example/x#top", "http://a.example/x", "9110 7.1"},
      {"empty path", "http://a.example", "http://a.example/", "9110 4.2.3"},
      {"empty path with query", "http://a.example?q", "http://a.example/?q", "9110 4.2.3"},
      {"empty path with fragment", "http://a.example#f", "http://a.example/", "9110 4.2.3"},
      {"hex digits in upper case", "http://a.example/%e2%9c%93", "http://a.example/%E2%9C%93", "3986 6.2.2.1"},
      {"unreserved octets decoded", "http://a.example/%7Eu%2dx%5f%2e%41", "http://a.example/~u-x_.A", "3986 6.2.2.2"},
      {"reserved octets stay", "http://a.example/a%2fb%3Fc%23", "http://a.example/a%2Fb%3Fc%23", "3986 2.2"},
      {"decoded once only", "http://a.example/%2541", "http://a.example/%2541", "3986 2.4"},
      {"query too", "http://a.example/?q=%7e%2F", "http://a.example/?q=~%2F", "3986 6.2.2.2"},
      {"not a triplet", "http://a.example/%zz%4", "http://a.example/%zz%4", "3986 2.1"},
      {"decoding makes no triplet", "http://a.example/%4%41/%%34A/%%41", "http://a.example/%4%41/%%34A/%%41",
       "3986 2.4"},
      {"percent at the end", "http://a.example/x%", "http://a.example/x%", "3986 2.1"},
      {"case of the path stays", "http://a.example/Path", "http://a.example/Path", "3986 6.2.2.1"},
      {"dot segments", "http://a.example/b/c/./../../g", "http://a.example/g", "3986 5.2.4"},
      {"dot segments at the end", "http://a.example/a/b/..", "http://a.example/a/", "3986 5.2.4"},
      {"a dot at the end", "http://a.example/a/.?q=/../x", "http://a.example/a/?q=/../x", "3986 5.2.4"},
      {"above the root", "http://a.example/../../x", "http://a.example/x", "3986 5.2.4"},
      {"encoded dots", "http://a.example/a/%2e%2E/x", "http://a.example/x", "3986 6.2.2.3"},
      {"names that begin with dots", "http://a.example/.a/..b/...", "http://a.example/.a/..b/...", "3986 5.2.4"},
      {"no scheme", "a.example:443", "a.example:443", ""},
  };
  std::string key = "left over";
  for (const auto& c : kCases) {
    make_cache_key(c.uri, key);
    EXPECT_EQ(key, c.key) << c.name << ", RFC " << c.rfc;
  }
}

TEST(CacheKey, OfAKeyIsItself) {
  std::string once, twice;
  for (const auto* uri : {"http://a.example/%7e%2f%%41?%zz", "http://a.example?x#y", "http://a.example/%25%34%31",
                          "http://a.example/%4%41", "http://a.example/a/../b"}) {
    make_cache_key(uri, once);
    make_cache_key(once, twice);
    EXPECT_EQ(once, twice) << uri;
    EXPECT_TRUE(is_normal_uri("http://a.example/x?y=1")) << uri;
    EXPECT_FALSE(is_normal_uri(uri)) << uri;
  }
}

}  // namespace
}  // namespace sluice::cache
