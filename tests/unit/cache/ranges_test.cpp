#include "cache/ranges.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

std::string describe(const RangeAnswer& answer) {
  switch (answer.kind) {
    case RangeAnswer::Kind::whole:
      return "whole";
    case RangeAnswer::Kind::unsatisfiable:
      return "unsatisfiable";
    case RangeAnswer::Kind::partial:
      break;
  }
  std::string out;
  for (const auto& range : answer.ranges) {
    out += (out.empty() ? "" : ",") + std::to_string(range.first) + "-" + std::to_string(range.last);
  }
  return out;
}

struct Case {
  const char* name;
  const char* range;
  std::uint64_t size;
  const char* expected;
  const char* rfc;
};

TEST(Ranges, OneRangeIsCutFromTheWhole) {
  constexpr Case kCases[] = {
      {"first octets", "bytes=0-4", 10, "0-4", "9110 14.1.2"},
      {"one octet", "bytes=9-9", 10, "9-9", "9110 14.1.2"},
      {"open end", "bytes=3-", 10, "3-9", "9110 14.1.2"},
      {"everything", "bytes=0-", 10, "0-9", "9110 14.1.2"},
      {"end beyond", "bytes=5-100", 10, "5-9", "9110 14.1.2"},
      {"end far beyond", "bytes=5-99999999999999999999999", 10, "5-9", "9110 14.1.2"},
      {"suffix", "bytes=-3", 10, "7-9", "9110 14.1.2"},
      {"long suffix", "bytes=-30", 10, "0-9", "9110 14.1.2"},
      {"endless suffix", "bytes=-99999999999999999999999", 10, "0-9", "9110 14.1.2"},
      {"empty suffix", "bytes=-0", 10, "unsatisfiable", "9110 14.1.2"},
      {"start at the end", "bytes=10-", 10, "unsatisfiable", "9110 14.1.2"},
      {"start far beyond", "bytes=99999999999999999999999-", 10, "unsatisfiable", "9110 14.1.2"},
      {"of nothing", "bytes=0-", 0, "unsatisfiable", "9110 14.1.2"},
      {"suffix of nothing", "bytes=-5", 0, "whole", "9110 14.1.2"},
      {"backwards", "bytes=5-4", 10, "whole", "9110 14.1.1"},
      {"unit in any case", "Bytes=0-4", 10, "0-4", "9110 14.1"},
      {"other unit", "items=0-4", 10, "whole", "9110 14.2"},
      {"no unit", "0-4", 10, "whole", "9110 14.2"},
      {"two ranges", "bytes=0-1,3-4", 10, "0-1,3-4", "9110 14.2"},
      {"in any order", "bytes=8-, 0-1 ,-3", 10, "8-9,0-1,7-9", "9110 14.2"},
      {"some that cannot be satisfied", "bytes=20-, 0-1, -0", 10, "0-1", "9110 14.1.2"},
      {"none that can be satisfied", "bytes=20-, 10-11", 10, "unsatisfiable", "9110 14.1.2"},
      {"one that is invalid", "bytes=0-1,5-4", 10, "whole", "9110 14.2"},
      {"one of another form", "bytes=0-1,x", 10, "whole", "9110 14.2"},
      {"more than the whole", "bytes=0-9,0-0", 10, "whole", "9110 14.2"},
      {"overlapping a little", "bytes=0-4,3-7", 10, "0-4,3-7", "9110 14.2"},
      {"empty members", "bytes=, 0-1 ,", 10, "0-1", "9110 5.6.1"},
      {"nothing", "bytes=", 10, "whole", "9110 14.2"},
      {"only a dash", "bytes=-", 10, "whole", "9110 14.2"},
      {"not digits", "bytes=a-b", 10, "whole", "9110 14.2"},
      {"sign", "bytes=+0-4", 10, "whole", "9110 14.2"},
      {"two dashes", "bytes=0--4", 10, "whole", "9110 14.2"},
      {"blank inside", "bytes=0 -4", 10, "whole", "9110 14.2"},
      {"blank before =", "bytes =0-4", 10, "whole", "9110 14.2"},
  };
  for (const auto& c : kCases) {
    auto head = stored_head("ETag: \"x\"");
    head.content_length = c.size;
    const auto request = lines(std::string("Range: ") + c.range);
    EXPECT_EQ(describe(evaluate_range({"GET", "", request.fields()}, head)), c.expected) << c.name << ", RFC " << c.rfc;
  }
}

struct ConditionCase {
  const char* name;
  const char* stored;
  const char* if_range;
  const char* expected;
};

// RFC 9110 13.1.5
TEST(Ranges, IfRangeNeedsAStrongMatch) {
  constexpr const char* kDated =
      "Date: Sun, 06 Nov 1994 08:49:37 GMT\nETag: \"x\"\nLast-Modified: Sun, 06 Nov 1994 08:00:00 GMT\nContent-Length: "
      "9";
  constexpr ConditionCase kCases[] = {
      {"same tag", kDated, "If-Range: \"x\"", "0-1"},
      {"other tag", kDated, "If-Range: \"y\"", "whole"},
      {"weak tag", kDated, "If-Range: W/\"x\"", "whole"},
      {"stored tag weak", "ETag: W/\"x\"\nContent-Length: 9", "If-Range: W/\"x\"", "whole"},
      {"same date", kDated, "If-Range: Sun, 06 Nov 1994 08:00:00 GMT", "0-1"},
      {"later date", kDated, "If-Range: Sun, 06 Nov 1994 08:00:01 GMT", "whole"},
      {"date not strong",
       "Date: Sun, 06 Nov 1994 08:00:00 GMT\nLast-Modified: Sun, 06 Nov 1994 08:00:00 GMT\nContent-Length: 9",
       "If-Range: Sun, 06 Nov 1994 08:00:00 GMT", "whole"},
      {"neither", kDated, "If-Range: x", "whole"},
      {"a list", kDated, "If-Range: \"x\", \"y\"", "whole"},
      {"twice", kDated, "If-Range: \"x\"\nIf-Range: \"x\"", "whole"},
  };
  for (const auto& c : kCases) {
    const auto request = lines(std::string("Range: bytes=0-1\n") + c.if_range);
    EXPECT_EQ(describe(evaluate_range({"GET", "", request.fields()}, stored_head(c.stored))), c.expected) << c.name;
  }
}

TEST(Ranges, OtherMethodsStatusesAndRepeatedFieldsGetTheWhole) {
  const auto head = stored_head("ETag: \"x\"\nContent-Length: 9");
  const auto once = lines("Range: bytes=0-1");
  const auto twice = lines("Range: bytes=0-1\nRange: bytes=0-1");
  EXPECT_EQ(describe(evaluate_range({"GET", "", once.fields()}, head)), "0-1");
  EXPECT_EQ(describe(evaluate_range({"HEAD", "", once.fields()}, head)), "whole");
  EXPECT_EQ(describe(evaluate_range({"GET", "", twice.fields()}, head)), "whole");
  EXPECT_EQ(describe(evaluate_range({"GET", "", {}}, head)), "whole");
  EXPECT_EQ(describe(evaluate_range({"GET", "", once.fields()}, stored_head("Content-Length: 9", 404))), "whole");
}

TEST(Ranges, ManySmallRangesAreIgnored) {
  auto head = stored_head("ETag: \"x\"");
  head.content_length = 1000;
  std::string set;
  for (std::size_t i = 0; i < kMostRanges; ++i) {
    set += (i == 0 ? "Range: bytes=" : ",") + std::to_string(i * 2) + "-" + std::to_string(i * 2);
  }
  const auto most = lines(set);
  EXPECT_EQ(evaluate_range({"GET", "", most.fields()}, head).ranges.size(), kMostRanges);
  const auto more = lines(set + ",990-990");
  EXPECT_EQ(describe(evaluate_range({"GET", "", more.fields()}, head)), "whole");
}

struct AskCase {
  const char* name;
  const char* range;
  const char* expected;  // "": the client's own goes on
  std::optional<std::uint64_t> first;
};

TEST(Ranges, WhatIsNotStoredIsAskedForInWholeChunks) {
  const AskCase kCases[] = {
      {"in the first chunk", "bytes=3-4", "bytes=0-9", 0},
      {"in a later one", "bytes=25-25", "bytes=20-39", 20},
      {"over a border", "bytes=9-10", "bytes=0-19", 0},
      {"at a border", "bytes=10-14", "bytes=10-19", 10},
      {"read ahead crosses a border", "bytes=10-15", "bytes=10-29", 10},
      {"open end", "bytes=25-", "bytes=20-", 20},
      {"end that is no number of ours", "bytes=25-99999999999999999999", "bytes=20-", 20},
      {"suffix", "bytes=-7", "bytes=-7", std::nullopt},
      {"several", "bytes=1-2,4-5", "", std::nullopt},
      {"backwards", "bytes=5-4", "", std::nullopt},
      {"other unit", "items=0-4", "", std::nullopt},
      {"start that is no number of ours", "bytes=99999999999999999999-", "", std::nullopt},
  };
  for (const auto& c : kCases) {
    const auto request = lines(std::string("Range: ") + c.range);
    // Chunks of ten octets; read ahead rounds up to the end of a chunk.
    const auto part = part_to_ask({"GET", "", request.fields()}, 10, 5);
    EXPECT_EQ(part ? part->range : "", c.expected) << c.name;
    EXPECT_EQ(part ? part->first : std::nullopt, c.first) << c.name;
  }
}

struct CompleteCase {
  const char* name;
  ByteRange wanted;
  ByteRange expected;
};

// Stored: 20 to 39 and 52 to 53 of 95 octets, in chunks of ten, with five read ahead.
TEST(Ranges, WhatIsMissingIsAskedForUpToWhatIsThere) {
  Spans present(ByteRange{20, 39});
  present.add({52, 53});
  constexpr CompleteCase kCases[] = {
      {"from the border of the chunk", {5, 6}, {0, 19}},
      {"up to what is there", {12, 60}, {10, 19}},
      {"behind what is there", {40, 44}, {40, 49}},
      {"behind what is there in the same chunk", {55, 55}, {54, 69}},
      {"to the end", {90, 94}, {90, 94}},
      {"read ahead ends with the content", {85, 89}, {80, 94}},
  };
  for (const auto& c : kCases) {
    const auto range = part_to_complete(present, c.wanted, 95, 10, 5);
    EXPECT_EQ(range.first, c.expected.first) << c.name;
    EXPECT_EQ(range.last, c.expected.last) << c.name;
  }
}

}  // namespace
}  // namespace sluice::cache
