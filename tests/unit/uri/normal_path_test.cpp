#include "uri/normal_path.hpp"

#include <gtest/gtest.h>

namespace sluice::uri {
namespace {

std::string normal(std::string_view text, void (*append)(std::string_view, std::string&) = append_normal_path) {
  std::string out = "ahead:";
  append(text, out);
  EXPECT_TRUE(out.starts_with("ahead:"));
  return out.substr(6);
}

TEST(NormalPath, IsTheOneSpelling) {
  struct Case {
    const char* path;
    const char* normal;
    const char* rfc;
  };
  constexpr Case kCases[] = {
      {"/%c3%bc", "/%C3%BC", "3986 6.2.2.1"},
      {"/%7Euser/%61dmin", "/~user/admin", "3986 6.2.2.2"},
      {"/a%2fb", "/a%2Fb", "3986 2.2"},
      {"/x/../b/./c", "/b/c", "3986 6.2.2.3"},
      {"/a/%2e%2E", "/", "3986 6.2.2.3"},
      {"/../a", "/a", "3986 5.2.4"},
      {"/a?b=/../c%7e", "/a?b=/../c~", "3986 3.4"},
      {"/%2561/%zz/%", "/%2561/%zz/%", "3986 2.4"},
      {"", "", ""},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(normal(c.path), c.normal) << "RFC " << c.rfc;
    EXPECT_EQ(normal(c.normal), c.normal) << "once more";
  }
}

TEST(NormalPath, OfPartsOfAQueryHasTheirDotsAsTheyStand) {
  EXPECT_EQ(normal("a=%7E/../%c3", append_normal_escapes), "a=~/../%C3");
}

TEST(NormalPath, IsKnownWithoutMakingIt) {
  EXPECT_TRUE(is_normal_path("/a/b.c?d"));
  EXPECT_FALSE(is_normal_path("/a/./b"));
  EXPECT_FALSE(is_normal_path("/%61"));
}

TEST(NormalPath, DotSegmentsAreSeenInThePathAlone) {
  for (const char* path : {"/.", "/..", "/a/../b", "/a/./b", "/%2e", "/a/%2E%2e/b", "/a/.%2e?q"}) {
    EXPECT_TRUE(has_dot_segments(path)) << path;
  }
  for (const char* path : {"/", "/a", "/.git", "/..a", "/...", "/a.", "/a/..b/c", "/a?b=/../c", "/%2f.."}) {
    EXPECT_FALSE(has_dot_segments(path)) << path;
  }
}

}  // namespace
}  // namespace sluice::uri
