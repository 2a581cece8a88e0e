#include "gateway/record/log_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sluice::record {
namespace {

using std::string_literals::operator""s;

std::string json_text(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

TEST(LogText, JsonEscapesWhatCouldBreakALineOrAQuote) {
  struct Case {
    std::string text, expected;
  };
  const Case cases[] = {
      {"plain text of some length, 40 octets....", "plain text of some length, 40 octets...."},
      {"a\"b", R"(a\"b)"},
      {"a\\b", R"(a\\b)"},
      {"1234567\"", R"(1234567\")"},
      {"12345678\"9", R"(12345678\"9)"},
      {"\n\r\t", R"(\n\r\t)"},
      {"\0\x01\x1f\x7f"s, R"(\u0000\u0001\u001f\u007f)"},
      {"\u00e9\u20ac\U0001f600", "\u00e9\u20ac\U0001f600"},
      {"\u0085", R"(\u0085)"},  // a line end to some readers
      {"\u2028\u2029", R"(\u2028\u2029)"},
      {"\u202e\u2066\u200f", R"(\u202e\u2066\u200f)"},  // bidirectional controls
      {"\u009b", R"(\u009b)"},                          // CSI as one octet in Latin-1 terminals
  };
  for (const auto& [text, expected] : cases) { EXPECT_EQ(json_text(text), expected); }
}

TEST(LogText, JsonReplacesWhatIsNotUtf8) {
  struct Case {
    std::string text, expected;
  };
  const Case cases[] = {
      {"\xff", R"(\ufffd)"},
      {"a\xe9z", R"(a\ufffdz)"},
      {"\xc3", R"(\ufffd)"},                                // cut
      {"\xc0\xaf", R"(\ufffd\ufffd)"},                      // overlong
      {"\xe0\x80\xaf", R"(\ufffd\ufffd\ufffd)"},            // overlong
      {"\xed\xa0\x80", R"(\ufffd\ufffd\ufffd)"},            // surrogate
      {"\xf4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"},  // above U+10FFFF
      {"\xf0\x9f\x98", R"(\ufffd\ufffd\ufffd)"},            // cut
      {"\x80", R"(\ufffd)"},
  };
  for (const auto& [text, expected] : cases) { EXPECT_EQ(json_text(text), expected); }
}

TEST(LogText, JsonIsReadBackForEveryPairOfOctets) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {'0', '1', '2', '3', static_cast<char>(first), static_cast<char>(second), '6', '7', '8'};
      const std::string quoted = '"' + json_text(text) + '"';
      const auto value = nlohmann::json::parse(quoted, nullptr, false);
      ASSERT_TRUE(value.is_string()) << quoted;
      if (first < 0x80 && second < 0x80) { EXPECT_EQ(value.get<std::string>(), text); }
      for (const char c : quoted) { EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }
    }
  }
}

TEST(LogText, AWordHoldsNothingButVisibleAscii) {
  struct Case {
    std::string text, expected;
  };
  const Case cases[] = {
      {"", "-"},
      {"http://a/b?c=d%20e", "http://a/b?c=d%20e"},
      {"a b", "a%20b"},
      {"a\nb\r\t", "a%0Ab%0D%09"},
      {"a\"b\\c", "a%22b%5Cc"},
      {"\u00e9\x7f", "%C3%A9%7F"},
      {"\0"s, "%00"},
  };
  for (const auto& [text, expected] : cases) {
    std::string out;
    append_word(out, text);
    EXPECT_EQ(out, expected);
  }
}

TEST(LogText, QuotedTextIsEscapedAsApacheDoes) {
  struct Case {
    std::string text, expected;
  };
  const Case cases[] = {
      {"", "-"},
      {"curl/8.0 (x; y)", "curl/8.0 (x; y)"},
      {"a\"b\\c", R"(a\"b\\c)"},
      {"\n\r\t\x1b", R"(\n\r\t\x1b)"},
      {"\u00e9", R"(\xc3\xa9)"},
  };
  for (const auto& [text, expected] : cases) {
    std::string out;
    append_quoted_text(out, text);
    EXPECT_EQ(out, expected);
  }
}

TEST(LogText, TimesAreWrittenInUtc) {
  struct Case {
    std::int64_t milliseconds;
    std::string rfc3339, common;
  };
  const Case cases[] = {
      {0, "1970-01-01T00:00:00.000Z", "01/Jan/1970:00:00:00 +0000"},
      {1770091506007, "2026-02-03T04:05:06.007Z", "03/Feb/2026:04:05:06 +0000"},
      {1770091506999, "2026-02-03T04:05:06.999Z", "03/Feb/2026:04:05:06 +0000"},
      {1709251199010, "2024-02-29T23:59:59.010Z", "29/Feb/2024:23:59:59 +0000"},
      {-5, "1970-01-01T00:00:00.000Z", "01/Jan/1970:00:00:00 +0000"},
  };
  for (const auto& [milliseconds, rfc3339, common] : cases) {
    const std::chrono::system_clock::time_point time{std::chrono::milliseconds(milliseconds)};
    std::string out;
    append_rfc3339(out, time);
    EXPECT_EQ(out, rfc3339);
    out.clear();
    append_common_log_time(out, time);
    EXPECT_EQ(out, common);
  }
}

}  // namespace
}  // namespace sluice::record
