#include "cache/rocksdb_disk.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/store_support.hpp"

namespace sluice::cache::test {
namespace {

class RocksdbDiskTest : public testing::Test {
 protected:
  RocksdbDiskTest() {
    RocksdbDatabase database;
    EXPECT_TRUE(open_database(directory_.path(), {.block_cache = 1 << 20, .memtable = 64 << 10}, database).ok());
    disk_ = std::make_unique<RocksdbDisk>(std::move(database));
  }
  std::expected<void, StoreError> write(std::uint32_t number) {
    rocksdb::WriteBatch batch;
    disk_->put_chunk(batch, 1 << kChunkBits, number, {segment(pattern(10'000, number))});
    return disk_->write(batch);
  }

  const TemporaryDirectory directory_;
  std::unique_ptr<RocksdbDisk> disk_;
};

TEST_F(RocksdbDiskTest, ADiskThatDoesNotKeepUpHasNotFailed) {
  auto& database = *disk_->database().db;
  ASSERT_TRUE(database.PauseBackgroundWork().ok());
  std::expected<void, StoreError> written;
  for (std::uint32_t number = 0; number < 100 && written; ++number) { written = write(number); }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error(), StoreError::too_slow);
  EXPECT_EQ(disk_->too_slow(), 1U);
  EXPECT_EQ(disk_->errors(), 0U);
  EXPECT_TRUE(disk_->gate().is_open());
  ASSERT_TRUE(database.ContinueBackgroundWork().ok());
  EXPECT_TRUE(write(100));
}

}  // namespace
}  // namespace sluice::cache::test
