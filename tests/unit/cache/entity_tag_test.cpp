#include "cache/entity_tag.hpp"

#include <gtest/gtest.h>

namespace sluice::cache {
namespace {

// RFC 9110 8.8.3
TEST(EntityTag, IsReadToTheLetter) {
  const auto strong = parse_entity_tag("\"a b\"");
  EXPECT_FALSE(strong.has_value());  // a blank is no etagc
  EXPECT_TRUE(parse_entity_tag("\"\"").has_value());
  EXPECT_TRUE(parse_entity_tag("W/\"x\"")->weak);
  EXPECT_EQ(parse_entity_tag("W/\"x\"")->opaque, "\"x\"");
  EXPECT_TRUE(parse_entity_tag("\"a\\\"").has_value());
  EXPECT_TRUE(parse_entity_tag("\"\xC3\xA4\"").has_value());
  for (const auto* text : {"", "x", "\"", "\"x", "x\"", "w/\"x\"", "W\"x\"", "W/x", "\"x\" ", "\"x\"\"", "'x'", "*"}) {
    EXPECT_FALSE(parse_entity_tag(text).has_value()) << text;
  }
}

// RFC 9110 8.8.3.2, table 3
TEST(EntityTag, ComparesAsTheTableInTheRfc) {
  const auto compare = [](const char* a, const char* b) {
    const auto one = *parse_entity_tag(a);
    const auto two = *parse_entity_tag(b);
    return std::pair(matches_strongly(one, two), matches_weakly(one, two));
  };
  EXPECT_EQ(compare("W/\"1\"", "W/\"1\""), std::pair(false, true));
  EXPECT_EQ(compare("W/\"1\"", "W/\"2\""), std::pair(false, false));
  EXPECT_EQ(compare("W/\"1\"", "\"1\""), std::pair(false, true));
  EXPECT_EQ(compare("\"1\"", "\"1\""), std::pair(true, true));
}

}  // namespace
}  // namespace sluice::cache
