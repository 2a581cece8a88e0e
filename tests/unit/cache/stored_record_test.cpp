#include "cache/stored_record.hpp"

#include <gtest/gtest.h>

#include "cache/crc32c.hpp"
#include "tests/unit/cache/store_support.hpp"

namespace sluice::cache::test {
namespace {

StoredRecord sample() {
  StoredRecord record{"http://host.example/", {}};
  record.variants.push_back(
      {make_head(record.key, 12, {{"Content-Type", "text/plain"}, {"Vary", "X-N"}}, Request("X-N", "1")), 65, 500});
  record.variants.push_back({make_head(record.key, 0, {{"ETag", "\"a\""}, {"X-Empty", ""}}), 129, 300});
  record.variants.push_back(
      {make_head(record.key, 5000, {{"ETag", "\"a\""}, {"Vary", "X-P"}}), 193, 900, Spans({0, 1023})});
  record.variants.back().present->add({2048, 4999});
  record.variants.back().head.generation = 7;
  record.variants.back().head.stale_from = UnixTime(Seconds{1'700'000'100});
  return record;
}

// Puts a right checksum in front of octets that were changed on purpose.
std::string resealed(std::string octets) {
  std::string checksum;
  append_u32(crc32c(std::string_view(octets).substr(8)), checksum);
  return octets.replace(4, 4, checksum);
}

TEST(Crc32c, AgreesWithThePublishedVectors) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c("6789", crc32c("12345")), crc32c("123456789"));
}

TEST(StoredRecord, ComesBackAsItWas) {
  const auto record = sample();
  const auto decoded = decode_record(encode_record(record));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->key, record.key);
  ASSERT_EQ(decoded->variants.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& was = record.variants[i];
    const auto& is = decoded->variants[i];
    EXPECT_EQ(is.store_id, was.store_id);
    EXPECT_EQ(is.octets, was.octets);
    EXPECT_EQ(is.head.key, was.head.key);
    EXPECT_EQ(is.head.variant, was.head.variant);
    EXPECT_EQ(is.head.status, was.head.status);
    EXPECT_EQ(is.head.request_time, was.head.request_time);
    EXPECT_EQ(is.head.response_time, was.head.response_time);
    EXPECT_EQ(is.head.content_length, was.head.content_length);
    EXPECT_EQ(is.head.origin_address, was.head.origin_address);
    EXPECT_EQ(is.head.wire, was.head.wire);
    EXPECT_EQ(is.head.generation, was.head.generation);
    EXPECT_EQ(is.head.stale_from, was.head.stale_from);
    EXPECT_EQ(is.present, was.present);
  }
  EXPECT_EQ(encode_record(*decoded), encode_record(record));
}

TEST(StoredRecord, NoOctetCanBeChangedOrCutUnnoticed) {
  const auto octets = encode_record(sample());
  for (std::size_t i = 0; i < octets.size(); ++i) {
    EXPECT_FALSE(decode_record(std::string_view(octets).substr(0, i))) << i;
    auto changed = octets;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_FALSE(decode_record(changed)) << i;
  }
  EXPECT_FALSE(decode_record(octets + "x"));
}

TEST(StoredRecord, SaysWhatIsWrong) {
  const auto octets = encode_record(sample());
  EXPECT_EQ(decode_record("").error(), RecordError::not_a_record);
  EXPECT_EQ(decode_record("XYZ").error(), RecordError::not_a_record);
  auto version = octets;
  version[3] = 9;
  EXPECT_EQ(decode_record(version).error(), RecordError::unknown_version);
  auto flipped = octets;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  EXPECT_EQ(decode_record(flipped).error(), RecordError::checksum);
  EXPECT_EQ(decode_record(resealed(octets + "x")).error(), RecordError::malformed);
}

TEST(StoredRecord, LengthsWithARightChecksumAreNotTrustedEither) {
  const auto octets = encode_record(sample());
  for (std::size_t i = 8; i + 4 <= octets.size(); ++i) {
    for (const char octet : {'\xFF', '\x7F', '\x80'}) {
      auto changed = octets;
      changed.replace(i, 4, 4, octet);
      if (const auto decoded = decode_record(resealed(changed))) {
        EXPECT_EQ(encode_record(*decoded), resealed(changed));
      }
    }
    if (const auto cut = decode_record(resealed(octets.substr(0, i)))) { ADD_FAILURE() << i; }
  }
}

TEST(StoredRecord, WhatCouldNotBeSentIsNotDecoded) {
  const struct {
    const char* name;
    Lines fields;
  } cases[] = {
      {"line end in a value", {{"X-A", "a\r\nX-B: b"}}},
      {"NUL in a value", {{"X-A", std::string("a\0b", 3)}}},
      {"space in a name", {{"X A", "a"}}},
      {"empty name", {{"", "a"}}},
      {"colon in a name", {{"X:A", "a"}}},
  };
  for (const auto& c : cases) {
    StoredRecord record{"k", {}};
    record.variants.push_back({make_head("k", 0, c.fields), 65, 1});
    EXPECT_FALSE(is_storable(record.variants.front().head)) << c.name;
    EXPECT_EQ(decode_record(encode_record(record)).error(), RecordError::malformed) << c.name;
  }
}

TEST(StoredRecord, VariantsMustBeDistinctAndSomeButNotTooMany) {
  StoredRecord record{"k", {}};
  EXPECT_FALSE(decode_record(encode_record(record)));
  record.variants.resize(2, {make_head("k", 0), 65, 1});
  EXPECT_FALSE(decode_record(encode_record(record)));
  record.variants.clear();
  for (int i = 0; i < 17; ++i) {
    record.variants.push_back({make_head("k", 0, {{"Vary", "X-N"}}, Request("X-N", std::to_string(i))), 65, 1});
  }
  EXPECT_FALSE(decode_record(encode_record(record)));
  record.variants.pop_back();
  EXPECT_TRUE(decode_record(encode_record(record)));
}

}  // namespace
}  // namespace sluice::cache::test
