#include <string>

#include <gtest/gtest.h>

#include "gateway/http/head.hpp"

namespace sluice::http {
namespace {

TEST(HeadEnd, IsBehindTheFirstEmptyLine) {
  const struct {
    std::string buffer;
    std::size_t end;
  } cases[] = {
      {"", 0},
      {"GET / HTTP/1.1\r\n", 0},
      {"GET / HTTP/1.1\r\nHost: a\r\n", 0},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r", 0},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n", 27},
      {"\r\nGET / HTTP/1.1\r\n\r\n", 20},  // one empty line ahead is not the end
      {"\r\n", 0},
      {"\r\n\r\n", 4},                 // two are; the parser refuses them
      {"GET / HTTP/1.1\n\nrest", 16},  // malformed ends are found too, so that they are refused at once
      {"GET / HTTP/1.1\r\n\nrest", 17},
      {"GET / HTTP/1.1\n\r\nrest", 17},
      {"GET / HTTP/1.1\r\r\n\r\n", 19},
      {"GET / HTTP/1.1\r\n\rX\r\n", 0},
  };
  for (const auto& test : cases) {
    std::size_t scanned = 0;
    EXPECT_EQ(find_head_end(test.buffer, scanned), test.end) << test.buffer;
  }
}

TEST(HeadEnd, IsTheSameHoweverTheOctetsArrive) {
  const std::string whole = "\r\nGET / HTTP/1.1\r\nA: b\rc\nD: e\r\n\r\nnext";
  std::size_t scanned = 0;
  const auto expected = find_head_end(whole, scanned);
  ASSERT_EQ(expected, whole.size() - 4);
  for (std::size_t step = 1; step < whole.size(); ++step) {
    std::size_t end = 0;
    scanned = 0;
    for (std::size_t size = step; end == 0; size = std::min(size + step, whole.size())) {
      end = find_head_end(std::string_view(whole).substr(0, size), scanned);
      ASSERT_LE(scanned, size);
    }
    EXPECT_EQ(end, expected) << step;
  }
}

TEST(HeadEnd, LooksAtMostAtThreeOctetsTwice) {
  std::string buffer(1000, 'a');
  std::size_t scanned = 0;
  EXPECT_EQ(find_head_end(buffer, scanned), 0U);
  EXPECT_EQ(scanned, 1000U);
  buffer += "\r\n\r";
  EXPECT_EQ(find_head_end(buffer, scanned), 0U);
  EXPECT_EQ(scanned, 1001U);
  buffer += "\n";
  EXPECT_EQ(find_head_end(buffer, scanned), 1004U);
}

}  // namespace
}  // namespace sluice::http
