#include "gateway/base/descriptor_limit.hpp"

#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace sluice {
namespace {

TEST(DescriptorLimit, TheSoftLimitIsRaisedToTheHardOne) {
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old_limit), 0);
  rlimit low = old_limit;
  low.rlim_cur = 100;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(descriptor_limit(), 100U);
  EXPECT_EQ(raise_descriptor_limit(), old_limit.rlim_max);
  EXPECT_EQ(descriptor_limit(), old_limit.rlim_max);
  EXPECT_EQ(raise_descriptor_limit(), old_limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &old_limit);
}

TEST(DescriptorLimit, OpenDescriptorsAreCounted) {
  const std::uint64_t before = open_descriptors();
  EXPECT_GE(before, 1U);
  const int first = ::dup(STDERR_FILENO);
  const int second = ::dup(STDERR_FILENO);
  EXPECT_EQ(open_descriptors(), before + 2);
  ::close(first);
  ::close(second);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(DescriptorLimit, ResidentMemoryGrowsWithWhatIsTouched) {
  const std::uint64_t before = resident_memory();
  EXPECT_GT(before, 1U << 20);
  const std::vector<char> touched(32U << 20, 'x');
  EXPECT_GT(resident_memory(), before + (16U << 20)) << touched.back();
}

}  // namespace
}  // namespace sluice
