#include "cache/fields.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

std::vector<std::string> members_of(std::string_view value) {
  std::vector<std::string> out;
  for_each_member(value, [&](std::string_view member) { out.emplace_back(member); });
  return out;
}

TEST(Fields, EveryNameIsFoundBySpellingInAnyCase) {
  for (int i = 1; i < static_cast<int>(FieldName::count_); ++i) {
    const auto id = static_cast<FieldName>(i);
    std::string name(spelling(id));
    ASSERT_FALSE(name.empty()) << i;
    EXPECT_EQ(field_name(name), id) << name;
    for (auto& c : name) { c = static_cast<char>(std::toupper(c)); }
    EXPECT_EQ(field_name(name), id) << name;
    for (auto& c : name) { c = static_cast<char>(std::tolower(c)); }
    EXPECT_EQ(field_name(name), id) << name;
    EXPECT_EQ(field_name(name + "x"), FieldName::other) << name;
    EXPECT_EQ(field_name(name.substr(1)), FieldName::other) << name;
  }
}

TEST(Fields, UnknownNamesAreOther) {
  for (const auto* name : {"", "x", "-", "X-Request-Id", "dat", "dates", "hosu", "con\rection", "Set_Cookie"}) {
    EXPECT_EQ(field_name(name), FieldName::other) << name;
  }
  EXPECT_EQ(spelling(FieldName::other), "");
}

TEST(Fields, ListMembersAreTrimmedAndEmptyOnesDropped) {
  EXPECT_EQ(members_of("a, b ,,\tc,"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(members_of(""), std::vector<std::string>{});
  EXPECT_EQ(members_of(" , "), std::vector<std::string>{});
}

TEST(Fields, CommasInsideQuotesDoNotSeparateMembers) {
  EXPECT_EQ(members_of("a=\"x, y\", b"), (std::vector<std::string>{"a=\"x, y\"", "b"}));
  EXPECT_EQ(members_of("a=\"x\\\", y\", b"), (std::vector<std::string>{"a=\"x\\\", y\"", "b"}));
  EXPECT_EQ(members_of("a, \"b\\"), (std::vector<std::string>{"a", "\"b\\"}));
}

TEST(Fields, LinesOfOneNameAreCombinedInOrder) {
  const auto owned = lines("Vary: a\nX-A: 1\nvary: b, c\nx-a: 2");
  EXPECT_EQ(combined(owned.fields(), FieldName::vary), "a, b, c");
  EXPECT_EQ(combined(owned.fields(), "X-a"), "1, 2");
  EXPECT_EQ(combined(owned.fields(), "X-b"), "");
}

TEST(Fields, TokensAreFoundInAnyLineAndCase) {
  const auto owned = lines("Connection: keep-alive\nConnection: X, Upgrade");
  EXPECT_TRUE(has_token(owned.fields(), FieldName::connection, "upgrade"));
  EXPECT_TRUE(has_token(owned.fields(), FieldName::connection, "Keep-Alive"));
  EXPECT_FALSE(has_token(owned.fields(), FieldName::connection, "up"));
  EXPECT_FALSE(has_token(owned.fields(), FieldName::te, "upgrade"));
}

// RFC 9110 7.6.1
TEST(Fields, ConnectionAndWhatItNamesAreConnectionSpecific) {
  const auto owned = lines(
      "Connection: close, X-Hop\nX-Hop: 1\nX-End: 1\nKeep-Alive: 5\nProxy-Connection: x\nTE: x\nTransfer-Encoding: x\n"
      "Upgrade: x\nProxy-Authenticate: x\nProxy-Authorization: x\nProxy-Authentication-Info: x\nHTTP2-Settings: x\n"
      "Content-Type: x\nTrailer: x");
  std::string kept;
  for (const auto& field : owned.fields()) {
    if (!is_connection_specific(field, owned.fields())) { kept.append(field.name).append(" "); }
  }
  EXPECT_EQ(kept, "X-End Content-Type Trailer ");
}

TEST(Fields, OwnedFieldsKeepTheirViewsWhenMoved) {
  OwnedFields moved;
  {
    auto owned = lines("A: 1\nETag: \"x\"");
    moved = std::move(owned);
  }
  const OwnedFields copy = moved;
  moved = OwnedFields();
  ASSERT_EQ(copy.fields().size(), 2U);
  EXPECT_EQ(copy.fields()[1].value, "\"x\"");
  EXPECT_EQ(copy.fields()[1].id, FieldName::etag);
  EXPECT_GE(copy.memory(), 2 * sizeof(Field) + 9);
}

TEST(Fields, OwnedFieldsLookUpNamesThatCameWithoutAnId) {
  const Field field{"eTag", "\"x\"", FieldName::other};
  EXPECT_EQ(OwnedFields({&field, 1}).fields()[0].id, FieldName::etag);
}

}  // namespace
}  // namespace sluice::cache
