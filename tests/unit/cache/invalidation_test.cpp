#include "cache/invalidation.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

using Uris = std::vector<std::string>;

Uris invalidated(std::string_view method, int status, std::string_view response,
                 std::string_view uri = "http://a.example/dir/x?q") {
  const auto fields = lines(response);
  return invalidated_uris({method, uri, {}}, {status, fields.fields()});
}

// RFC 9110 9.2
TEST(Invalidation, MethodsAreSafeOrIdempotent) {
  for (const auto* method : {"GET", "HEAD", "OPTIONS", "TRACE"}) { EXPECT_TRUE(is_safe_method(method)) << method; }
  for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "get", "CONNECT", ""}) {
    EXPECT_FALSE(is_safe_method(method)) << method;
  }
  for (const auto* method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
    EXPECT_TRUE(is_idempotent_method(method)) << method;
  }
  for (const auto* method : {"POST", "PATCH", "put", ""}) { EXPECT_FALSE(is_idempotent_method(method)) << method; }
}

// RFC 9111 4.4
TEST(Invalidation, UnsafeMethodsWithoutErrorInvalidateTheTarget) {
  const Uris target{"http://a.example/dir/x?q"};
  EXPECT_EQ(invalidated("POST", 200, ""), target);
  EXPECT_EQ(invalidated("DELETE", 204, ""), target);
  EXPECT_EQ(invalidated("PURGATORY", 302, ""), target);
  EXPECT_EQ(invalidated("GET", 200, "Location: /y"), Uris{});
  EXPECT_EQ(invalidated("HEAD", 200, ""), Uris{});
  EXPECT_EQ(invalidated("POST", 404, ""), Uris{});
  EXPECT_EQ(invalidated("POST", 500, ""), Uris{});
  EXPECT_EQ(invalidated("POST", 100, ""), Uris{});
}

struct Case {
  const char* name;
  const char* reference;
  const char* expected;  // "" when nothing more is invalidated
};

TEST(Invalidation, LocationIsResolvedAndMustBeOfTheSameOrigin) {
  constexpr Case kCases[] = {
      {"absolute", "http://a.example/y", "http://a.example/y"},
      {"scheme and host in any case", "HTTP://A.Example:80/Y", "http://a.example/Y"},
      {"absolute path", "/y?z", "http://a.example/y?z"},
      {"relative path", "y", "http://a.example/dir/y"},
      {"dot segments", "../y/./z/..", "http://a.example/y/"},
      {"above the root", "../../../y", "http://a.example/y"},
      {"query", "?r", "http://a.example/dir/x?r"},
      {"dots in the query", "y?a=/../b", "http://a.example/dir/y?a=/../b"},
      {"fragment", "/y#z", "http://a.example/y"},
      {"same document", "#z", ""},
      {"no path", "http://a.example", "http://a.example/"},
      {"network path", "//a.example/y", "http://a.example/y"},
      {"other host", "http://b.example/y", ""},
      {"other network path", "//b.example/y", ""},
      {"other port", "http://a.example:8080/y", ""},
      {"other scheme", "https://a.example/y", ""},
      {"userinfo", "http://a.example@b.example/y", ""},
      {"userinfo of the same", "http://u@a.example/y", ""},
      {"no origin", "mailto:x@a.example", ""},
      {"scheme without authority", "http:y", ""},
      {"no host", "http:///y", ""},
      {"colon in the path", "./y:z", "http://a.example/dir/y:z"},
  };
  for (const auto& c : kCases) {
    for (const auto* name : {"Location: ", "Content-Location: "}) {
      Uris expected{"http://a.example/dir/x?q"};
      if (*c.expected != '\0') { expected.emplace_back(c.expected); }
      EXPECT_EQ(invalidated("POST", 201, std::string(name) + c.reference), expected) << c.name;
    }
  }
}

TEST(Invalidation, BothFieldsCountAndRepeatsDoNot) {
  EXPECT_EQ(invalidated("PUT", 201, "Location: /a\nContent-Location: /b"),
            (Uris{"http://a.example/dir/x?q", "http://a.example/a", "http://a.example/b"}));
  EXPECT_EQ(invalidated("PUT", 201, "Location: x?q\nContent-Location: /dir/x?q"), Uris{"http://a.example/dir/x?q"});
}

TEST(Invalidation, DefaultPortIsThePortOfTheScheme) {
  EXPECT_EQ(invalidated("PUT", 200, "Location: https://a.example:443/y", "https://a.example/x").size(), 2U);
  EXPECT_EQ(invalidated("PUT", 200, "Location: https://a.example:80/y", "https://a.example/x").size(), 1U);
  EXPECT_EQ(invalidated("PUT", 200, "Location: http://[::1]:81/y", "http://[::1]:81/x").size(), 2U);
}

}  // namespace
}  // namespace sluice::cache
