#include "cache/query_key.hpp"

#include <gtest/gtest.h>

#include "cache/cache_control.hpp"

namespace sluice::cache {
namespace {

std::string without_utm(std::string key) {
  drop_parameters(key, [](std::string_view parameter) { return parameter.starts_with("utm_"); });
  return key;
}

std::string in_order(std::string key) {
  sort_parameters(key);
  return key;
}

TEST(QueryKey, LeavesOutParameters) {
  EXPECT_EQ(without_utm("http://a/?x=1&utm_a=2&y"), "http://a/?x=1&y");
  EXPECT_EQ(without_utm("http://a/?utm_a=2"), "http://a/");
  EXPECT_EQ(without_utm("http://a/?utm_a=2&utm_b"), "http://a/");
  EXPECT_EQ(without_utm("http://a/?x&&y"), "http://a/?x&&y");
  EXPECT_EQ(without_utm("http://a/utm_?x"), "http://a/utm_?x");
  EXPECT_EQ(without_utm("http://a/"), "http://a/");
}

TEST(QueryKey, SortsParametersByNameAndKeepsTheOrderWithinOne) {
  EXPECT_EQ(in_order("http://a/?b=1&a=2"), "http://a/?a=2&b=1");
  EXPECT_EQ(in_order("http://a/?b=2&a=1&b=1"), "http://a/?a=1&b=2&b=1");
  EXPECT_EQ(in_order("http://a/?a&b&c"), "http://a/?a&b&c");
  EXPECT_EQ(in_order("http://a/?"), "http://a/?");
  EXPECT_EQ(in_order("http://a/"), "http://a/");
}

TEST(TargetedField, SaysTheSameWhenItIsReadAgain) {
  CacheControl directives;
  directives.no_cache = directives.must_understand = true;
  directives.named_fields = {"Set-Cookie", "X"};
  directives.max_age = Seconds{7};
  directives.stale_if_error = Seconds{9};
  const auto text = targeted_text(directives);
  EXPECT_EQ(text, "no-cache, private=\"Set-Cookie, X\", must-understand, max-age=7, stale-if-error=9");
  const Field fields[] = {{"Cache-Control", "max-age=1", FieldName::cache_control},
                          {"CDN-Cache-Control", "max-age=2", FieldName::cdn_cache_control},
                          {"Sluice-Directives", text, FieldName::sluice_directives}};
  const auto read = response_directives(fields);
  EXPECT_TRUE(read.is_targeted && read.no_cache && read.must_understand);
  EXPECT_EQ(read.named_fields, directives.named_fields);
  EXPECT_EQ(read.max_age, Seconds{7});
  EXPECT_EQ(read.stale_if_error, Seconds{9});
}

}  // namespace
}  // namespace sluice::cache
