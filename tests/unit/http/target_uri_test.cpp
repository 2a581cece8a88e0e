#include "gateway/http/target_uri.hpp"

#include <string>

#include <gtest/gtest.h>

#include "gateway/http/host.hpp"

namespace sluice::http {
namespace {

// A head with this target; Host is left out when `host` is null.
RequestHead request_for(std::string_view target, const char* host, Method method = Method::get) {
  RequestHead head;
  head.method = method;
  head.target = target;
  if (host != nullptr) { head.fields.push_back({"Host", host, FieldName::host}); }
  return head;
}

bool is_refused(std::string_view target, const char* host = nullptr, Method method = Method::get) {
  TargetUri out;
  const auto parsed = parse_proxy_target(request_for(target, host, method), out);
  if (parsed) { return false; }
  EXPECT_EQ(parsed.error().kind, ErrorKind::http_request_error);
  EXPECT_EQ(parsed.error().code, 400);
  return true;
}

TEST(TargetUri, IsNormalised) {
  const struct {
    const char* target;
    const char* text;
    const char* host;
    std::uint16_t port;
    const char* path_and_query;
  } cases[] = {
      {"http://example.com/", "http://example.com/", "example.com", 80, "/"},
      {"HTTP://EXAMPLE.com/A?B", "http://example.com/A?B", "example.com", 80, "/A?B"},
      {"http://example.com", "http://example.com/", "example.com", 80, "/"},
      {"http://example.com?q=1", "http://example.com/?q=1", "example.com", 80, "/?q=1"},
      {"http://example.com:80/", "http://example.com/", "example.com", 80, "/"},
      {"http://example.com:/", "http://example.com/", "example.com", 80, "/"},
      {"http://example.com:0080/", "http://example.com/", "example.com", 80, "/"},
      {"http://example.com:8080/", "http://example.com:8080/", "example.com", 8080, "/"},
      {"http://example.com:443/", "http://example.com:443/", "example.com", 443, "/"},
      {"https://example.com:443/", "https://example.com/", "example.com", 443, "/"},
      {"https://example.com:80/", "https://example.com:80/", "example.com", 80, "/"},
      {"http://example.com./", "http://example.com/", "example.com", 80, "/"},
      {"http://a_b.example/", "http://a_b.example/", "a_b.example", 80, "/"},
      {"http://xn--mnchen-3ya.example/", "http://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example", 80, "/"},
      {"http://example.com/a/../b/./c", "http://example.com/a/../b/./c", "example.com", 80, "/a/../b/./c"},
      {"http://example.com/%7Ea%2f", "http://example.com/%7Ea%2f", "example.com", 80, "/%7Ea%2f"},
      {"http://example.com/a@b:c", "http://example.com/a@b:c", "example.com", 80, "/a@b:c"},
      {"http://example.com//x", "http://example.com//x", "example.com", 80, "//x"},
      {"http://[2001:DB8::1]/", "http://[2001:db8::1]/", "2001:db8::1", 80, "/"},
      {"http://[2001:db8:0:0:0:0:0:1]:8080/", "http://[2001:db8::1]:8080/", "2001:db8::1", 8080, "/"},
  };
  for (const auto& test : cases) {
    TargetUri out;
    const auto parsed = parse_proxy_target(request_for(test.target, nullptr), out);
    ASSERT_TRUE(parsed) << test.target << " " << parsed.error().text();
    EXPECT_EQ(out.text, test.text);
    EXPECT_EQ(out.host, test.host) << test.target;
    EXPECT_EQ(out.port, test.port) << test.target;
    EXPECT_EQ(out.path_and_query, test.path_and_query) << test.target;
    EXPECT_EQ(out.scheme, out.text.substr(0, out.text.find(':'))) << test.target;
  }
}

// Every spelling that some resolver or browser reads as an address is one address.
TEST(TargetUri, BringsAddressesToOneSpelling) {
  const struct {
    const char* spelling;
    const char* host;
  } cases[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"127.0.0.1.", "127.0.0.1"},
      {"2130706433", "127.0.0.1"},
      {"0x7f000001", "127.0.0.1"},
      {"0X7F000001", "127.0.0.1"},
      {"017700000001", "127.0.0.1"},
      {"127.1", "127.0.0.1"},
      {"127.0.1", "127.0.0.1"},
      {"0x7f.1", "127.0.0.1"},
      {"0177.0.0.1", "127.0.0.1"},
      {"0177.0x0.0.01", "127.0.0.1"},
      {"127.0.0.0x1", "127.0.0.1"},
      {"00000177.0.0.1", "127.0.0.1"},
      {"127.65535", "127.0.255.255"},
      {"0", "0.0.0.0"},
      {"0x", "0.0.0.0"},
      {"4294967295", "255.255.255.255"},
      {"169.254.169.254", "169.254.169.254"},
      {"2852039166", "169.254.169.254"},
      {"0xa9fea9fe", "169.254.169.254"},
      {"[::1]", "::1"},
      {"[0:0:0:0:0:0:0:1]", "::1"},
      {"[0000:0000:0000:0000:0000:0000:0000:0001]", "::1"},
      {"[::ffff:127.0.0.1]", "127.0.0.1"},
      {"[::FFFF:7f00:1]", "127.0.0.1"},
      {"[0:0:0:0:0:ffff:127.0.0.1]", "127.0.0.1"},
      {"[fe80::1]", "fe80::1"},
  };
  for (const auto& test : cases) {
    TargetUri out;
    const auto target = "http://" + std::string(test.spelling) + "/";
    const auto parsed = parse_proxy_target(request_for(target, nullptr), out);
    ASSERT_TRUE(parsed) << target << " " << parsed.error().text();
    EXPECT_EQ(out.host, test.host) << target;
    EXPECT_TRUE(out.site.address) << target;
    const auto bracketed =
        out.host.find(':') == std::string_view::npos ? std::string(test.host) : "[" + std::string(test.host) + "]";
    EXPECT_EQ(out.text, "http://" + bracketed + "/");
  }
}

TEST(TargetUri, KnowsNamesFromAddresses) {
  for (const auto* host :
       {"localhost", "localhost.", "LOCALHOST", "1.example", "0x7f.example", "127.0.0.1.example", "a.0xg", "1a"}) {
    TargetUri out;
    const auto target = "http://" + std::string(host) + "/";
    ASSERT_TRUE(parse_proxy_target(request_for(target, nullptr), out)) << host;
    EXPECT_FALSE(out.site.address) << host;
  }
  TargetUri out;
  ASSERT_TRUE(parse_proxy_target(request_for("http://LOCALHOST./", nullptr), out));
  EXPECT_EQ(out.host, "localhost");
}

TEST(TargetUri, RefusesHostsWithTwoReadings) {
  for (const auto* host : {"", ".", "..", ".example.com", "a..b", "example.com..", "user@example.com",
                           "user:pass@example.com", "@example.com", "example.com@", "exa%6dple.com", "%31%32%37.0.0.1",
                           "ex\\ample.com", "example.com\\", "a b", "a,b", "a;b", "a!b", "a*b", "a'b", "a(b)", "a=b",
                           "a&b", "a$b", "a~b", "<a>", "a|b", "a^b", "a`b", "a{b}", "\"a\"",
                           // numbers that are no address
                           "256.0.0.1", "1.2.3.256", "1.2.3.4.5", "1.2.65536", "1.16777216", "4294967296",
                           "0x100000000", "99999999999999999999", "08", "1.2.3.08", "1.2.3.4.0x", "a.1", "example.0x1",
                           "1..2", "0x7g.1", "example.com.1.",
                           // brackets
                           "[", "]", "[]", "[::1", "::1]", "::1", "[::1]x", "[::1].", "[::1%25eth0]", "[::1%eth0]",
                           "[fe80::1%1]", "[v1.a]", "[127.0.0.1]", "[1:2:3]", "[::g]", "[[::1]]", "[::1]]", "[:::1]",
                           "[1::2::3]", "[::256.0.0.1]", "[::ffff:0177.0.0.1]"}) {
    EXPECT_TRUE(is_refused("http://" + std::string(host) + "/")) << host;
  }
  EXPECT_TRUE(is_refused("http://" + std::string(64, 'a') + ".example/"));
  EXPECT_FALSE(is_refused("http://" + std::string(63, 'a') + ".example/"));
  std::string longest;
  for (int i = 0; i < 126; ++i) { longest += "a."; }
  EXPECT_FALSE(is_refused("http://" + longest + "a/"));
  EXPECT_TRUE(is_refused("http://" + longest + "ab/"));
}

TEST(TargetUri, RefusesBadPorts) {
  for (const auto* port : {"0", "65536", "99999", "000080", "-1", "+80", "80a", "0x50", " 80", "80:80", "8 0"}) {
    EXPECT_TRUE(is_refused("http://example.com:" + std::string(port) + "/")) << port;
  }
  EXPECT_FALSE(is_refused("http://example.com:65535/"));
  EXPECT_FALSE(is_refused("http://example.com:1/"));
}

TEST(TargetUri, RefusesOtherForms) {
  for (const auto* target : {"/",
                             "/index.html",
                             "*",
                             "example.com",
                             "example.com/",
                             "//example.com/",
                             "http:",
                             "http:/",
                             "http://",
                             "http:///",
                             "http:///path",
                             "http:example.com",
                             "http:/example.com/",
                             "ftp://example.com/",
                             "file:///etc/passwd",
                             "ws://example.com/",
                             "javascript:alert(1)",
                             "httpx://example.com/",
                             "://example.com/",
                             "http ://example.com/",
                             "http://?q",
                             "http://:80/"}) {
    EXPECT_TRUE(is_refused(target)) << target;
  }
}

TEST(TargetUri, RefusesOctetsThatNoUriHolds) {
  for (const auto* target : {"http://example.com/a b", "http://example.com/\xc3\xa4", "http://example.com/\x01",
                             "http://example.com/\x7f", "http://example.com/#fragment", "http://example.com#",
                             "http://exa\xc3\xa4mple.com/", "http://example.com/\t"}) {
    EXPECT_TRUE(is_refused(target)) << target;
  }
  using namespace std::string_literals;
  EXPECT_TRUE(is_refused("http://example.com/\0"s));
}

TEST(TargetUri, OfConnectIsAnAuthority) {
  TargetUri out;
  ASSERT_TRUE(parse_proxy_target(request_for("EXAMPLE.com.:443", "example.com:443", Method::connect), out));
  EXPECT_EQ(out.text, "example.com:443");
  EXPECT_EQ(out.host, "example.com");
  EXPECT_EQ(out.port, 443);
  EXPECT_EQ(out.scheme, "");
  EXPECT_EQ(out.path_and_query, "");
  ASSERT_TRUE(parse_proxy_target(request_for("[::1]:22", "[::1]:22", Method::connect), out));
  EXPECT_EQ(out.text, "[::1]:22");
  EXPECT_EQ(out.host, "::1");
  ASSERT_TRUE(parse_proxy_target(request_for("0x7f.1:443", nullptr, Method::connect), out));
  EXPECT_EQ(out.text, "127.0.0.1:443");
  EXPECT_TRUE(out.site.address);
  for (const auto* target :
       {"example.com", "example.com:", ":443", "example.com:0", "example.com:65536", "http://example.com:443/",
        "https://example.com/", "example.com:443/", "example.com:443?", "user@example.com:443", "::1:443", "*", "/"}) {
    EXPECT_TRUE(is_refused(target, nullptr, Method::connect)) << target;
  }
}

TEST(TargetUri, OfOptionsWithoutPathIsTheAsterisk) {
  TargetUri out;
  ASSERT_TRUE(parse_proxy_target(request_for("http://Example.com:8080", nullptr, Method::options), out));
  EXPECT_EQ(out.text, "http://example.com:8080");
  EXPECT_EQ(out.path_and_query, "*");
  ASSERT_TRUE(parse_proxy_target(request_for("http://example.com/", nullptr, Method::options), out));
  EXPECT_EQ(out.path_and_query, "/");
  ASSERT_TRUE(parse_proxy_target(request_for("http://example.com?q", nullptr, Method::options), out));
  EXPECT_EQ(out.path_and_query, "/?q");
}

TEST(TargetUri, AgreesWithHost) {
  const struct {
    const char* target;
    const char* host;
    Method method;
    bool agrees;
  } cases[] = {
      {"http://example.com/", "example.com", Method::get, true},
      {"http://example.com/", "EXAMPLE.COM", Method::get, true},
      {"http://example.com/", "example.com.", Method::get, true},
      {"http://example.com/", "example.com:80", Method::get, true},
      {"http://example.com:80/", "example.com", Method::get, true},
      {"http://example.com:/", "example.com:", Method::get, true},
      {"http://127.1/", "127.0.0.1", Method::get, true},
      {"http://[::1]/", "[0::1]", Method::get, true},
      {"http://example.com:8080/", "example.com:8080", Method::get, true},
      {"http://example.com:8080/", "example.com", Method::get, false},
      {"http://example.com/", "example.com:8080", Method::get, false},
      {"https://example.com/", "example.com:80", Method::get, false},
      {"http://example.com/", "other.example", Method::get, false},
      {"http://example.com/", "example.com.evil", Method::get, false},
      {"http://example.com/", "", Method::get, false},
      {"http://example.com/", "user@example.com", Method::get, false},
      {"http://example.com/", "example.com/", Method::get, false},
      {"http://example.com/", "example.com, example.com", Method::get, false},
      {"http://example.com/", "example.com:0", Method::get, false},
      {"http://example.com/", "http://example.com", Method::get, false},
      {"http://example.com/", "ex%61mple.com", Method::get, false},
      {"example.com:443", "example.com:443", Method::connect, true},
      {"example.com:443", "example.com", Method::connect, true},
      {"example.com:8443", "example.com", Method::connect, true},
      {"example.com:443", "example.com:80", Method::connect, false},
      {"example.com:443", "other.example:443", Method::connect, false},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(!is_refused(test.target, test.host, test.method), test.agrees) << test.target << " " << test.host;
  }
}

TEST(TargetUri, ReusesItsMemory) {
  TargetUri out;
  ASSERT_TRUE(parse_proxy_target(
      request_for("http://a-rather-long-name.example.com:8080/with/a/path?and=query", nullptr), out));
  const auto* before = out.text.data();
  ASSERT_TRUE(parse_proxy_target(request_for("http://example.com/", nullptr), out));
  EXPECT_EQ(out.text.data(), before);
  EXPECT_EQ(out.host.data(), before + 7);
}

TEST(OriginTarget, IsCompletedByHost) {
  TargetUri out;
  ASSERT_TRUE(parse_origin_target(request_for("/a?b", "EXAMPLE.com:80"), "http", out));
  EXPECT_EQ(out.text, "http://example.com/a?b");
  EXPECT_EQ(out.path_and_query, "/a?b");
  ASSERT_TRUE(parse_origin_target(request_for("/", "example.com"), "https", out));
  EXPECT_EQ(out.text, "https://example.com/");
  EXPECT_EQ(out.port, 443);
  ASSERT_TRUE(parse_origin_target(request_for("*", "example.com", Method::options), "http", out));
  EXPECT_EQ(out.text, "http://example.com");
  EXPECT_EQ(out.path_and_query, "*");
  ASSERT_TRUE(parse_origin_target(request_for("http://example.com/x", "example.com"), "http", out));
  EXPECT_EQ(out.text, "http://example.com/x");
  EXPECT_FALSE(parse_origin_target(request_for("/", nullptr), "http", out));
  EXPECT_FALSE(parse_origin_target(request_for("/", ""), "http", out));
  EXPECT_FALSE(parse_origin_target(request_for("/#x", "example.com"), "http", out));
  EXPECT_FALSE(parse_origin_target(request_for("*", "example.com"), "http", out));
  EXPECT_FALSE(parse_origin_target(request_for("a", "example.com"), "http", out));
}

// What is kept of the last site is never said of another one.
TEST(ProxyTarget, ReadsAsIfItWereTheFirstOfItsConnection) {
  const std::pair<Method, const char*> targets[] = {
      {Method::get, "http://a.example/1"},      {Method::get, "http://a.example/2?q"},
      {Method::get, "http://A.example/3"},      {Method::get, "https://a.example/4"},
      {Method::get, "http://a.example:8080/5"}, {Method::get, "http://u@a.example/6"},
      {Method::get, "http://a.example:8080/7"}, {Method::connect, "a.example:8080"},
      {Method::connect, "a.example"},           {Method::get, "http://0x7f.1/8"},
      {Method::get, "http://b.example/9"},      {Method::get, "http://[::1]:81/10"},
      {Method::get, "http://[::1]:81/11"},      {Method::get, "http:///12"},
      {Method::options, "http://b.example"},    {Method::get, "http://b.example"},
  };
  TargetUri kept;
  for (int i = 0; i < 2; ++i) {
    for (const auto& [method, target] : targets) {
      TargetUri first;
      const auto request = request_for(target, nullptr, method);
      const auto wanted = parse_proxy_target(request, first);
      ASSERT_EQ(parse_proxy_target(request, kept).has_value(), wanted.has_value()) << target;
      if (!wanted) { continue; }
      EXPECT_EQ(kept.text, first.text);
      EXPECT_EQ(kept.scheme, first.scheme);
      EXPECT_EQ(kept.host, first.host) << target;
      EXPECT_EQ(kept.port, first.port) << target;
      EXPECT_EQ(kept.path_and_query, first.path_and_query) << target;
      EXPECT_EQ(kept.site.address, first.site.address) << target;
      EXPECT_EQ(kept.site.origin, first.site.origin) << target;
    }
  }
}

TEST(Host, LocalhostAndTheNamesBelowIt) {
  EXPECT_TRUE(is_localhost("localhost"));
  EXPECT_TRUE(is_localhost("a.localhost"));
  EXPECT_FALSE(is_localhost("notlocalhost"));
  EXPECT_FALSE(is_localhost("localhost.example"));
}

TEST(Authority, HasAHostAndAPort) {
  const auto named = parse_authority("Example.COM:8080", 80);
  ASSERT_TRUE(named);
  EXPECT_EQ(named->host, "example.com");
  EXPECT_EQ(named->port, 8080);
  EXPECT_FALSE(named->host_is_address);
  const auto implied = parse_authority("[::1]", 80);
  ASSERT_TRUE(implied);
  EXPECT_EQ(implied->host, "::1");
  EXPECT_EQ(implied->port, 80);
  EXPECT_TRUE(implied->host_is_address);
  EXPECT_FALSE(parse_authority("example.com", 0));
  EXPECT_FALSE(parse_authority("", 80));
  EXPECT_FALSE(parse_authority("a/b", 80));
}

}  // namespace
}  // namespace sluice::http
