#include "gateway/base/error.hpp"

#include <cerrno>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(ErrorKinds, HaveOneWordEach) {
  std::set<std::string_view> words;
  for (int i = 0; i < static_cast<int>(ErrorKind::count_); ++i) {
    const auto word = to_string(static_cast<ErrorKind>(i));
    EXPECT_NE(word, "unknown") << i;
    EXPECT_TRUE(words.insert(word).second) << word;
  }
}

// RFC 9209 section 2.3.
TEST(ErrorKinds, AreSpelledAsInProxyStatus) {
  EXPECT_EQ(to_string(ErrorKind::dns_timeout), "dns_timeout");
  EXPECT_EQ(to_string(ErrorKind::destination_ip_prohibited), "destination_ip_prohibited");
  EXPECT_EQ(to_string(ErrorKind::http_response_header_section_size), "http_response_header_section_size");
  EXPECT_EQ(to_string(ErrorKind::proxy_loop_detected), "proxy_loop_detected");
}

TEST(Errors, SayWhatWhereAndWhy) {
  const Error refused{ErrorKind::connection_refused, Side::upstream, ECONNREFUSED, true, "connecting"};
  EXPECT_EQ(refused.text(), "Connecting failed: Connection refused");
  const Error malformed{ErrorKind::http_request_error, Side::client, 431, false, "reading the head"};
  EXPECT_EQ(malformed.text(), "Reading the head failed");
  const Error telling{ErrorKind::http_request_error, Side::client, 400, false, "parsing Host: it is repeated"};
  EXPECT_EQ(telling.text(), "Parsing Host: it is repeated");
  const Error bare{ErrorKind::shutting_down, Side::gateway};
  EXPECT_EQ(bare.text(), "shutting_down");
  const Error unknown{ErrorKind::proxy_internal_error, Side::gateway, 399, false, "waiting"};
  EXPECT_EQ(unknown.text(), "Waiting failed: 399");
}

TEST(AssertionsDeathTest, EndTheProcessWithTheirSentence) {
  const int two = 2;
  EXPECT_DEATH(SLUICE_ASSERT(two == 3, "two is not three"), "broken invariant: two is not three \\(two == 3\\)");
  SLUICE_ASSERT(two == 2, "two is two");
}

}  // namespace
}  // namespace sluice
