#include "gateway/identity/credentials.hpp"

#include <gtest/gtest.h>

#include "tests/support/base64.hpp"

namespace sluice::identity {
namespace {

using support::base64;

std::string basic(std::string_view pair) {
  return "Basic " + base64(pair);
}

TEST(BasicCredentials, AreANameAndAPassword) {
  struct Case {
    std::string value, user, password;
  };
  const std::vector<Case> cases{
      {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},  // RFC 7617 2
      {"Basic dGVzdDoxMjPCow==", "test", "123£"},                        // RFC 7617 2.1
      {"bAsIc   QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},
      {basic("a:"), "a", ""},
      {basic("a:b:c"), "a", "b:c"},
      {basic("EXAMPLE\\jörg:ß"), "EXAMPLE\\jörg", "ß"},
      {basic("a b: c "), "a b", " c "},
      {"Basic YTo9", "a", "="},
      {basic(std::string(255, 'u') + ":" + std::string(511, 'p')), std::string(255, 'u'), std::string(511, 'p')},
  };
  for (const auto& one : cases) {
    const auto read = parse_basic(one.value);
    ASSERT_TRUE(read) << one.value;
    EXPECT_EQ(read->user, one.user);
    EXPECT_EQ(read->password, one.password);
  }
}

TEST(BasicCredentials, ThatCouldBeReadInTwoWaysAreNone) {
  using Error = CredentialsError;
  const std::vector<std::pair<std::string, Error>> cases{
      {"", Error::other_scheme},
      {"Bearer abc", Error::other_scheme},
      {"Negotiate YII=", Error::other_scheme},
      {"Basicx QTpi", Error::other_scheme},
      {"Basic\tQTpi", Error::other_scheme},
      {"Basic", Error::bad_base64},
      {"Basic ", Error::bad_base64},
      {"Basic QTp", Error::bad_base64},    // no padding
      {"Basic QTpi=", Error::bad_base64},  // too much of it
      {"Basic QTpi====", Error::bad_base64},
      {"Basic Q=pi", Error::bad_base64},       // in the middle
      {"Basic QTpi QTpi", Error::bad_base64},  // something behind
      {"Basic QTp-", Error::bad_base64},       // another alphabet
      {"Basic QTpi,", Error::bad_base64},
      {"Basic YTpiYx==", Error::bad_base64},  // bits that belong to no octet
      {basic("nocolon"), Error::no_colon},
      {basic(":password"), Error::no_user},
      {basic(std::string("a:b\0c", 5)), Error::control_octet},
      {basic("a\r\n:b"), Error::control_octet},
      {basic("a:\x7f"), Error::control_octet},
      {basic("J\xf6rg:x"), Error::not_utf8},
      {basic("a:\xc0\x80"), Error::not_utf8},
      {basic(std::string(256, 'u') + ":p"), Error::too_long},
      {basic("u:" + std::string(512, 'p')), Error::too_long},
      {"Basic " + std::string(100'000, 'A'), Error::too_long},
  };
  for (const auto& [value, error] : cases) {
    const auto read = parse_basic(value);
    ASSERT_FALSE(read) << value.substr(0, 100);
    EXPECT_EQ(read.error(), error) << value.substr(0, 100);
  }
}

}  // namespace
}  // namespace sluice::identity
