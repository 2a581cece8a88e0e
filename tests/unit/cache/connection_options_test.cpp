#include "cache/connection_options.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

// RFC 9110 7.6.1
TEST(ConnectionOptions, AgreeWithTheQuestionAskedFieldByField) {
  for (const auto* connection :
       {"", "Connection: close", "Connection: keep-alive, X-Hop, x-a, Cookie",
        "Connection: x-B\nConnection: X-HOP, ,x-c", "Connection: \"X-Hop\"", "Connection: X-Ho, X-Hopp"}) {
    const auto owned = lines(std::string(connection) +
                             "\nX-Hop: 1\nX-A: 1\nx-b: 1\nX-C: 1\nCookie: c\nTE: t\nUpgrade: u\nHost: h\nClose: 1\n"
                             "Proxy-Authentication-Info: p");
    const ConnectionOptions options(owned.fields());
    for (const auto& field : owned.fields()) {
      if (field.name == "Close") { continue; }
      EXPECT_EQ(options.is_connection_specific(field), is_connection_specific(field, owned.fields()))
          << connection << " / " << field.name;
    }
  }
}

TEST(ConnectionOptions, CloseIsNoField) {
  const auto owned = lines("Connection: close\nClose: 1");
  EXPECT_FALSE(ConnectionOptions(owned.fields()).is_connection_specific(owned.fields()[1]));
}

}  // namespace
}  // namespace sluice::cache
