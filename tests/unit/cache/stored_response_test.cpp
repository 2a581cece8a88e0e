#include "cache/stored_response.hpp"

#include <gtest/gtest.h>

#include "cache/status.hpp"
#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

TEST(StoredResponse, WireFollowsTheContentLength) {
  auto head = stored_head("Cache-Control: max-age=60\nDate: Sun, 06 Nov 1994 08:49:37 GMT");
  head.content_length = 1234;
  head.seal();
  EXPECT_EQ(head.wire,
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Length: 1234\r\n");
}

// RFC 9110 8.6
TEST(StoredResponse, NoContentHasNoContentLength) {
  EXPECT_EQ(stored_head("Cache-Control: max-age=60", 204).wire.find("Content-Length"), std::string::npos);
  EXPECT_NE(stored_head("Cache-Control: max-age=60", 404).wire.find("Content-Length: 0"), std::string::npos);
}

TEST(StoredResponse, StatusLineHasTheRegisteredPhrase) {
  EXPECT_TRUE(stored_head("", 404).wire.starts_with("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_TRUE(stored_head("", 299).wire.starts_with("HTTP/1.1 299 \r\n"));
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(999), "");
}

TEST(StoredResponse, FieldsOfTheConnectionNeverReachTheWire) {
  StoredHead head;
  head.status = 200;
  head.fields = lines("Connection: close\nTransfer-Encoding: chunked\nAge: 4\nContent-Length: 99\nX: y");
  head.seal();
  EXPECT_EQ(head.wire, "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 0\r\n");
}

TEST(StoredResponse, MemoryCountsHeadAndContent) {
  StoredResponse response;
  const auto empty = response.memory();
  EXPECT_TRUE(response.is_resident());
  response.head = stored_head("Cache-Control: max-age=60");
  response.head.content_length = 1000;
  EXPECT_FALSE(response.is_resident());
  const std::shared_ptr<const char[]> octets(new char[1000]());
  response.segments.push_back({octets, octets.get(), 1000});
  EXPECT_TRUE(response.is_resident());
  EXPECT_GE(response.memory(), empty + 1000 + response.head.wire.size());
}

}  // namespace
}  // namespace sluice::cache
