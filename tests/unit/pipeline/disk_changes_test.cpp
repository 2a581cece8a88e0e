#include "gateway/pipeline/disk_changes.hpp"

#include <gtest/gtest.h>

namespace sluice::pipeline {
namespace {

const std::string kKey = "http://a.example/";
const std::string kOther = "http://b.example/";

cache::StoredHead head_of(std::string_view tag, std::string variant = {}) {
  cache::StoredHead head;
  head.key = kKey;
  head.variant = std::move(variant);
  head.status = 200;
  head.content_length = 10;
  const cache::Field fields[] = {{"ETag", tag, cache::FieldName::etag}};
  head.fields = cache::OwnedFields(fields);
  head.seal();
  return head;
}

DiskChanges::HeadPtr shared_head(std::string_view tag) {
  return std::make_shared<const cache::StoredHead>(head_of(tag));
}

// What is due then, carried out.
std::vector<std::string> carry_out(DiskChanges& changes, DiskChanges::Ticket done) {
  std::vector<std::string> keys;
  for (const auto& removal : changes.take_due(done).removals) {
    keys.push_back(removal.key);
    changes.end(removal);
  }
  return keys;
}

TEST(DiskChanges, WhatIsStoredIsHiddenWhileAnotherResponseWaits) {
  DiskChanges changes;
  EXPECT_FALSE(changes.is_hidden(kKey));
  changes.begin_write(kKey);
  changes.begin_write(kKey);
  changes.end_write(kKey);
  EXPECT_TRUE(changes.is_hidden(kKey));
  EXPECT_FALSE(changes.is_hidden(kOther));
  EXPECT_EQ(changes.waiting(kKey), 1U);
  changes.end_write(kKey);
  EXPECT_FALSE(changes.is_hidden(kKey));
}

TEST(DiskChanges, APartThatWaitsHidesNothing) {
  DiskChanges changes;
  changes.begin_part(kKey);
  EXPECT_FALSE(changes.is_hidden(kKey));
  EXPECT_EQ(changes.waiting(kKey), 1U);
  changes.end_part(kKey);
  EXPECT_EQ(changes.waiting(kKey), 0U);
}

TEST(DiskChanges, ARemovalIsDueBehindItsWorkAndInForceUntilItsEnd) {
  DiskChanges changes;
  changes.remove(kKey, 5);
  EXPECT_TRUE(changes.is_hidden(kKey));
  EXPECT_TRUE(changes.take_due(4).removals.empty());
  const auto due = changes.take_due(5);
  ASSERT_EQ(due.removals.size(), 1U);
  EXPECT_TRUE(changes.is_hidden(kKey)) << "it is not carried out yet";
  changes.end(due.removals[0]);
  EXPECT_FALSE(changes.is_hidden(kKey));
}

TEST(DiskChanges, AKeyIsRemovedOnceBehindTheLastOfItsTickets) {
  DiskChanges changes;
  for (DiskChanges::Ticket ticket = 1; ticket <= 9; ++ticket) { changes.remove(kKey, ticket); }
  changes.remove(kOther, 3);
  EXPECT_EQ(carry_out(changes, 8), std::vector{kOther});
  EXPECT_TRUE(changes.is_hidden(kKey));
  EXPECT_EQ(carry_out(changes, 9), std::vector{kKey});
}

TEST(DiskChanges, AKeyThatIsRemovedAgainMeanwhileStaysHidden) {
  DiskChanges changes;
  changes.remove(kKey, 1);
  const auto due = changes.take_due(1);
  changes.remove(kKey, 2, shared_head("\"x\""));
  changes.end(due.removals.at(0));
  EXPECT_TRUE(changes.is_hidden(kKey)) << "one of them spares nothing";
  EXPECT_EQ(carry_out(changes, 2), std::vector{kKey});
  EXPECT_FALSE(changes.is_hidden(kKey));
}

TEST(DiskChanges, ARemovalMaySpareARepresentationAndOtherVariants) {
  DiskChanges changes;
  changes.remove(kKey, 1, shared_head("\"x\""));
  EXPECT_FALSE(changes.is_hidden(kKey));
  EXPECT_TRUE(changes.may_use(head_of("\"x\"")));
  EXPECT_TRUE(changes.may_use(head_of("\"y\"", "br")));
  EXPECT_FALSE(changes.may_use(head_of("\"y\"")));
  EXPECT_FALSE(changes.may_use(head_of("W/\"x\""))) << "who can tell";
  changes.remove(kKey, 1);
  EXPECT_FALSE(changes.may_use(head_of("\"x\"")));
  EXPECT_EQ(changes.take_due(1).removals.at(0).spared, nullptr);
}

TEST(DiskChanges, WhoeverLooksThingsUpMeanwhileSeesThatSomethingChanged) {
  DiskChanges changes;
  auto version = changes.version(kKey);
  const auto is_another = [&] { return std::exchange(version, changes.version(kKey)) != version; };
  changes.begin_write(kKey);
  EXPECT_TRUE(is_another());
  changes.end_write(kKey);
  EXPECT_FALSE(is_another());
  changes.remove(kKey, 1);
  EXPECT_TRUE(is_another());
  changes.note_removed(kKey);
  EXPECT_TRUE(is_another());
}

TEST(DiskChanges, PastItsBoundEverythingCountsAsRemoved) {
  DiskChanges changes(1000);
  changes.begin_write(kOther);
  changes.remove("old", 1);
  DiskChanges::Ticket last = 1;
  for (int i = 0; !changes.is_hidden("never heard of"); ++i) {
    ASSERT_LT(i, 10);
    changes.remove("http://a.example/" + std::to_string(i), ++last);
  }
  changes.remove("another", last + 1);  // with all the rest
  EXPECT_FALSE(changes.may_use(head_of("\"x\"")));
  EXPECT_FALSE(changes.take_due(last - 1).is_everything);
  const auto due = changes.take_due(last);
  EXPECT_TRUE(due.is_everything);
  EXPECT_TRUE(due.removals.empty());
  changes.end_everything();
  EXPECT_FALSE(changes.is_hidden("another"));
  EXPECT_TRUE(changes.is_hidden(kOther)) << "it still waits to be written";
  changes.end_write(kOther);
  EXPECT_FALSE(changes.is_hidden(kOther));
}

}  // namespace
}  // namespace sluice::pipeline
