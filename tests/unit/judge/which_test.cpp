#include "gateway/control/judge/which.hpp"

#include <gtest/gtest.h>

#include "policy/lists/import.hpp"
#include "tests/unit/policy/lists_support.hpp"

namespace sluice::control {
namespace {

using Entries = std::vector<std::string>;

policy::Lists lists_of(policy::ListFormat format, std::string_view text) {
  policy::ListCompiler compiler;
  const auto tag = compiler.add_tag({"names", "bad", false});
  EXPECT_TRUE(tag);
  (void)policy::import_list(format, text, *tag, compiler);
  return policy::Lists(policy::test::set_of(compiler), nullptr);
}

Answer<Entries> entries(const policy::Lists& lists, const std::string& what) {
  const auto answer = which(lists, {what});
  if (!answer) { return std::unexpected(answer.error()); }
  Entries found;
  for (const auto& match : answer->matches) { found.push_back(match.entry); }
  return found;
}

TEST(Which, FindsAHostHoweverItIsSpelt) {
  const auto lists = lists_of(policy::ListFormat::domains, "bad.example\n");
  for (const char* what : {"bad.example", "www.bad.example", "BAD.example.", "bad.example:8080", "http://BAD.example/x",
                           "https://bad.example", "http://bad.example:8080/?q"}) {
    EXPECT_EQ(entries(lists, what), Entries{"bad.example"}) << what;
  }
  EXPECT_EQ(entries(lists, "good.example"), Entries{});
}

TEST(Which, FindsANameWithOtherThanAsciiLetters) {
  const auto lists = lists_of(policy::ListFormat::domains,
                              "b\xc3\xbc"
                              "cher.example\n");
  for (const char* what : {"b\xc3\xbc"
                           "cher.example",
                           "www.B\xc3\x9c"
                           "CHER.example:80",
                           "http://b\xc3\xbc"
                           "cher.example/x",
                           "xn--bcher-kva.example"}) {
    EXPECT_EQ(entries(lists, what), Entries{"xn--bcher-kva.example"}) << what;
  }
  EXPECT_FALSE(entries(lists, "b\xc3.example")) << "not UTF-8";
  EXPECT_FALSE(entries(lists, "b%c3%bccher.example"));
}

TEST(Which, FindsAnAddressByItself) {
  const auto lists = lists_of(policy::ListFormat::addresses, "192.0.2.0/24\n2001:db8::/32\n");
  EXPECT_EQ(entries(lists, "192.0.2.7"), Entries{"192.0.2.0/24"});
  EXPECT_EQ(entries(lists, "http://192.0.2.7/"), Entries{"192.0.2.0/24"});
  for (const char* what : {"2001:db8::1", "[2001:db8::1]", "[2001:DB8::1]:443", "http://[2001:db8:0::1]/"}) {
    EXPECT_EQ(entries(lists, what), Entries{"2001:db8::/32"}) << what;
  }
}

// Requests are judged by the normal form of their URL, so what is asked here is brought to it as well.
TEST(Which, FindsAUrlByItsNormalForm) {
  const auto lists = lists_of(policy::ListFormat::squidguard_urls, "site.example/bad/place\n");
  for (const char* what : {"http://site.example/bad/place", "http://site.example/x/../bad/place/more",
                           "http://SITE.example/b%61d/place", "http://site.example/bad/./place?q=1"}) {
    EXPECT_EQ(entries(lists, what), Entries{"site.example/bad/place"}) << what;
  }
  EXPECT_EQ(entries(lists, "http://site.example/bad"), Entries{});
  EXPECT_EQ(which(lists, {"http://site.example/x/../b%61d"})->what, "http://site.example/bad");
}

TEST(Which, SaysWhatIsNoHostAddressOrUrl) {
  const auto lists = lists_of(policy::ListFormat::domains, "bad.example\n");
  for (const char* what : {"", "a b", "http://", "ftp://bad.example/", "http://a b/", "bad.example:port"}) {
    const auto answer = which(lists, {what});
    ASSERT_FALSE(answer) << what;
    EXPECT_EQ(answer.error().code, ErrorCode::bad_request);
    EXPECT_NE(answer.error().message.find("is no host, address or URL"), std::string::npos) << answer.error().message;
  }
}

}  // namespace
}  // namespace sluice::control
