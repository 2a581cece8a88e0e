#include "cache/content_memory.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/stored_response.hpp"

namespace sluice::cache {
namespace {

constexpr std::size_t kPage = 4096;

Segment segment_of(std::shared_ptr<char[]> block, std::size_t size) {
  const char* data = block.get();
  return {std::move(block), data, size};
}

std::uint64_t octets_of_file(int file) {
  struct stat status{};
  EXPECT_EQ(::fstat(file, &status), 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

TEST(ContentMemory, WhatIsWrittenIsInTheFileAtThatPlace) {
  const auto memory = ContentMemory::make(1 << 20).value();
  const auto first = memory->allocate(10'000);
  const auto second = memory->allocate(5'000);
  ASSERT_TRUE(first && second);
  std::memset(second.get(), 'b', 5'000);
  const auto segment = segment_of(second, 5'000);
  const auto place = ContentMemory::place_of({segment.owner, segment.data + 4'000, 1'000});
  ASSERT_TRUE(place);
  std::string read(1'000, ' ');
  ASSERT_EQ(::pread(place->file, read.data(), read.size(), place->offset), 1'000);
  EXPECT_EQ(read, std::string(1'000, 'b'));
  EXPECT_EQ(memory->used(), 3 * kPage + 2 * kPage);
  EXPECT_EQ(ContentMemory::pages_of(segment), 2 * kPage);
}

TEST(ContentMemory, ASegmentOfTheHeapHasNoPlace) {
  const auto segment = segment_of(std::make_shared<char[]>(100), 100);
  EXPECT_FALSE(ContentMemory::place_of(segment));
  EXPECT_FALSE(ContentMemory::place_of({}));
  EXPECT_EQ(ContentMemory::pages_of(segment), 0U);
}

TEST(ContentMemory, PagesGoBackWithTheLastOwnerAndThePlaceIsUsedAgain) {
  const auto memory = ContentMemory::make(64 * kPage).value();
  auto block = memory->allocate(64 * kPage);
  ASSERT_TRUE(block);
  EXPECT_FALSE(memory->allocate(1)) << "all of it is taken";
  std::memset(block.get(), 'x', 64 * kPage);
  auto segment = segment_of(block, kPage);
  const int file = ContentMemory::place_of(segment)->file;
  EXPECT_EQ(octets_of_file(file), 64 * kPage);
  block.reset();
  EXPECT_EQ(octets_of_file(file), 64 * kPage) << "the segment owns it";
  segment = {};
  EXPECT_EQ(octets_of_file(file), 0U);
  EXPECT_EQ(memory->used(), 0U);
  const auto again = memory->allocate(64 * kPage);
  ASSERT_TRUE(again);
  EXPECT_TRUE(std::all_of(again.get(), again.get() + 64 * kPage, [](char octet) { return octet == 0; }));
}

TEST(ContentMemory, BlocksOutliveTheirMaker) {
  auto memory = ContentMemory::make(1 << 20).value();
  const auto block = memory->allocate(kPage);
  memory.reset();
  std::memset(block.get(), 'x', kPage);
  EXPECT_EQ(block[kPage - 1], 'x');
}

// What a socket took is sent as it was, though its block has gone and another one is where it was.
TEST(ContentMemory, OctetsOnTheirWayAreNotOverwritten) {
  constexpr std::size_t kSize = 16 * kPage;
  const auto memory = ContentMemory::make(kSize).value();
  std::array<int, 2> sockets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()), 0);
  std::size_t taken = 0;
  {
    const auto segment = segment_of(memory->allocate(kSize), kSize);
    std::memset(const_cast<char*>(segment.data), 'a', kSize);
    const auto place = ContentMemory::place_of(segment).value();
    off_t offset = place.offset;
    const auto count = ::sendfile(sockets[0], place.file, &offset, kSize);
    ASSERT_GT(count, 0);
    taken = static_cast<std::size_t>(count);
  }
  const auto other = memory->allocate(kSize);
  ASSERT_TRUE(other) << "the place is free again at once";
  std::memset(other.get(), 'b', kSize);
  std::string read(taken, ' ');
  ASSERT_EQ(::recv(sockets[1], read.data(), taken, MSG_WAITALL), static_cast<ssize_t>(taken));
  EXPECT_EQ(read, std::string(taken, 'a'));
  ::close(sockets[0]);
  ::close(sockets[1]);
}

TEST(ContentMemory, AResponseIsChargedForWholePagesOnce) {
  const auto memory = ContentMemory::make(1 << 20).value();
  const auto block = memory->allocate(10'000);
  StoredResponse response;
  const auto without = response.memory();
  response.segments.push_back({block, block.get(), 6'000});
  const auto first = response.memory();
  EXPECT_GE(first, without + 3 * kPage);
  EXPECT_LE(first, without + 3 * kPage + 200);
  response.segments.push_back({block, block.get() + 6'000, 4'000});
  EXPECT_LE(response.memory(), first + 100);
}

TEST(ContentMemory, MoreThanTheAddressSpaceHasIsAnError) {
  EXPECT_FALSE(ContentMemory::make(1ULL << 62));
}

}  // namespace
}  // namespace sluice::cache
