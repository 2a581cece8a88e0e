#include "gateway/config/quantity.hpp"

#include <gtest/gtest.h>

namespace sluice::config {
namespace {

using std::chrono::milliseconds;

TEST(Quantity, SizesAreReadWithAndWithoutUnits) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("1000"), 1000U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("16 MiB"), 16U << 20);
  EXPECT_EQ(parse_size("3GiB"), 3ULL << 30);
  EXPECT_EQ(parse_size("2TiB"), 2ULL << 40);
  EXPECT_EQ(parse_size("7B"), 7U);
}

TEST(Quantity, WhatIsNoSizeIsRefused) {
  for (const char* const text : {"", "KiB", "-1", "+1", "1.5MiB", "64KB", "64kib", "64K", "1 ", " 1", "1  KiB",
                                 "18446744073709551616", "99999999TiB", "0x10"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Quantity, SizesAreShownWithTheLargestUnitThatDividesThem) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1000), "1000");
  EXPECT_EQ(format_size(1024), "1KiB");
  EXPECT_EQ(format_size(1536ULL << 20), "1536MiB");
  EXPECT_EQ(format_size(10ULL << 30), "10GiB");
}

TEST(Quantity, DurationsNeedAUnit) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("10s"), milliseconds(10'000));
  EXPECT_EQ(parse_duration("5m"), milliseconds(300'000));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3'600'000));
  EXPECT_EQ(parse_duration("7d"), milliseconds(604'800'000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  for (const char* const text :
       {"", "10", "s", "1.5s", "-1s", "10S", "10sec", "999999999999999999d", "9223372036854775808ms"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Quantity, DurationsAreShownWithTheLargestUnitThatDividesThem) {
  EXPECT_EQ(format_duration(milliseconds(0)), "0s");
  EXPECT_EQ(format_duration(milliseconds(1500)), "1500ms");
  EXPECT_EQ(format_duration(milliseconds(90'000)), "90s");
  EXPECT_EQ(format_duration(milliseconds(3'600'000)), "1h");
}

TEST(Quantity, WhatIsShownIsReadBack) {
  for (const std::uint64_t value : {0ULL, 1ULL, 1023ULL, 1024ULL, 1025ULL, 1ULL << 20, (1ULL << 40) + 1, 5ULL << 50}) {
    EXPECT_EQ(parse_size(format_size(value)), value);
    const milliseconds time(static_cast<std::int64_t>(value));
    EXPECT_EQ(parse_duration(format_duration(time)), time);
  }
}

}  // namespace
}  // namespace sluice::config
