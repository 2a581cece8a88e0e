#include "policy/redirect.hpp"

#include <gmock/gmock.h>

#include "support.hpp"

namespace sluice::policy {
namespace {

using test::compiled;
using testing::HasSubstr;

TEST(RedirectUrl, IsAbsoluteAndOfHttp) {
  for (const std::string_view good :
       {"http://a.example/", "https://a.example", "https://a.example:8443/x?y=z#f", "https://[2001:db8::1]/",
        "http://192.0.2.1:80/a%20b", "https://{host}{path}", "https://{host}:8443/moved/{host}",
        "https://new.example{path}", "https://new.example/old{path}", "https://a.example?from={url}",
        "https://a.example/#{rule}"}) {
    EXPECT_EQ(redirect_error(good), "") << good;
  }
}

TEST(RedirectUrl, SaysWhatIsWrongWithIt) {
  const std::vector<std::pair<std::string, std::string_view>> cases{
      {"", "begins with `http://`"},
      {"/here", "begins with `http://`"},
      {"ftp://a.example/", "begins with `http://`"},
      {"HTTP://a.example/", "begins with `http://`"},
      {"javascript://a.example/", "begins with `http://`"},
      {"https:///x", "an empty label"},
      {"https://u:p@a.example/", "no user name"},
      {"https://a.example:0/", "one port"},
      {"https://a.example:80-90/", "one port"},
      {"https://a.example:x/", "no port"},
      {"https://.a.example/", "no single host"},
      {"https://a b.example/", "no domain name has"},
      {"https://2001:db8::1/", "no port"},
      {"https://www.{host}/", "the whole host"},
      {"https://a.example/a b", "no URI has"},
      {"https://a.example/\xc3\xa4", "no URI has"},
      {"https://a.example/\r\nSet-Cookie:x", "no URI has"},
      {"https://a.example/<x>", "no URI has"},
      {"https://a.example/}", "no URI has"},
      {"https://a.example/%2", "two hexadecimal digits"},
      {"https://a.example/%zz", "two hexadecimal digits"},
      {"https://a.example/#a#b", "a second `#`"},
      {"https://a.example/?u={uri}", "did you mean `{url}`?"},
      {"https://a.example/?u={", "stands for nothing"},
      {"https://a.example/{path}", "brings its own `/`"},
      {"https://a.example{path}/x", "ends the URL"},
      {"https://a.example/?p={path}", "ends the URL"},
      {"https://a.example/{url}", "stands behind `?` or `#`"},
      {"https://a.example/{rule}", "stands behind `?` or `#`"},
      {"https://a.example/" + std::string(2000, 'x'), "more than 2000"},
  };
  for (const auto& [url, message] : cases) { EXPECT_THAT(redirect_error(url), HasSubstr(std::string(message))) << url; }
}

TEST(RedirectUrl, IsRefusedWhereItStands) {
  const auto errors = test::errors_of("redirect \"ftp://a.example/\" host x.example\nredirect host x.example\nallow\n");
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].column, 10);
  EXPECT_THAT(errors[1].message, HasSubstr("a URL in quotes"));
}

std::string location(std::string url, std::string_view host, std::string_view path) {
  const std::string whole = "http://" + std::string(host) + std::string(path);
  return location_of({302, std::move(url)}, {whole, host, path, "r-1"});
}

TEST(Location, IsAUriWhateverTheRequestHolds) {
  EXPECT_EQ(location("https://{host}{path}", "a.example", "/x?y=1"), "https://a.example/x?y=1");
  EXPECT_EQ(location("https://{host}{path}", "2001:db8::1", "/"), "https://[2001:db8::1]/");
  EXPECT_EQ(location("https://b.example/?h={host}", "2001:db8::1", "/"), "https://b.example/?h=2001%3Adb8%3A%3A1");
  EXPECT_EQ(location("https://b.example{path}", "a.example", "*"), "https://b.example/*");
  EXPECT_EQ(location("https://b.example{path}", "a.example", ""), "https://b.example/");
  EXPECT_EQ(location("https://b.example{path}", "a.example", "/a\r\n\"<{\xff#"),
            "https://b.example/a%0D%0A%22%3C%7B%FF%23");
  EXPECT_EQ(location("https://b.example/?u={url}&r={rule}", "a.example", "/?a=b&c"),
            "https://b.example/?u=http%3A%2F%2Fa.example%2F%3Fa%3Db%26c&r=r-1");
  EXPECT_EQ(location("https://b.example/x/{host}/y", "a.example", "/"), "https://b.example/x/a.example/y");
}

// (rules ahead of the default, a part of the warning or nothing)
TEST(RedirectLoops, AreWarnedOfWhereTheyCanBeTold) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"redirect \"http://portal.example/\" host .example", "a loop"},
      {"redirect \"http://portal.example/\" from 10.0.0.0/8", "a loop"},
      {"redirect \"http://portal.example/\" user alice", "a loop"},
      {"redirect \"http://portal.example/a\" path /a", "a loop"},
      {"redirect \"http://portal.example/x/../%7Ea\" path /%7ea", "a loop"},
      {"redirect \"http://portal.example/b\" path /a", ""},
      {"redirect \"http://{host}{path}\" host .example", "a loop"},
      {"redirect \"https://portal.example/\" from 10.0.0.0/8", "holds for the CONNECT"},
      {"redirect \"https://{host}{path}\" host .example", "holds for the CONNECT"},
      {"redirect \"https://{host}{path}\" scheme http", ""},
      {"redirect \"https://portal.example/\" method GET", ""},
      {"redirect \"http://portal.example/\" host other.example", ""},
      {"redirect \"http://portal.example:8080/\" port 80", ""},
      {"redirect \"http://portal.example/\" to 10.0.0.0/8", ""},  // another address
      {"redirect \"http://portal.example/\" status 404", ""},     // another response
      {"redirect \"http://portal.example/\" host .example shadow", ""},
      {"allow host portal.example\nredirect \"http://portal.example/\" host .example", ""},
      {"allow from 10.0.0.1\nredirect \"http://portal.example/\" host .example", ""},  // it may let that pass
      {"deny from 10.0.0.1\nredirect \"http://portal.example/\" host .example", "a loop"},
      {"deny to local, self\nredirect \"http://portal.example/\" host .example", "a loop"},
  };
  for (const auto& [rules, message] : cases) {
    const auto policy = compiled(std::string(rules) + "\nallow\n");
    ASSERT_TRUE(policy) << rules;
    std::string said;
    for (const auto& warning : policy->warnings()) {
      if (warning.message.find("redirects to") != std::string::npos) { said += warning.message; }
    }
    if (message.empty()) {
      EXPECT_EQ(said, "") << rules;
    } else {
      EXPECT_THAT(said, HasSubstr(std::string(message))) << rules;
    }
  }
}

}  // namespace
}  // namespace sluice::policy
