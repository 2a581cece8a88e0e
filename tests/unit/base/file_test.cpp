#include "gateway/base/file.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace sluice {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    auto pattern = (fs::temp_directory_path() / "sluice-file-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~FileTest() override { fs::remove_all(directory_); }
  std::string path(const char* name) const { return (directory_ / name).string(); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  fs::path directory_;
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  for (const auto& content : {std::string(), std::string("a\0b\n", 4), std::string(100'000, 'x')}) {
    ASSERT_TRUE(replace_file(path("a"), content));
    const auto read = read_file(path("a"));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, content);
    EXPECT_EQ(entries(), 1U);
  }
}

TEST_F(FileTest, TheModeOfTheOldFileStays) {
  ASSERT_TRUE(replace_file(path("a"), "one"));
  ASSERT_EQ(::chmod(path("a").c_str(), 0600), 0);
  ASSERT_TRUE(replace_file(path("a"), "two"));
  struct stat status{};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(FileTest, WhatIsNotThereIsSaid) {
  const auto read = read_file(path("nothing"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), std::errc::no_such_file_or_directory);
  EXPECT_FALSE(replace_file(path("no/such/folder"), "x"));
}

TEST_F(FileTest, ADirectoryInItsPlaceStaysAndNothingIsLeftBeside) {
  fs::create_directories(path("a") + "/inside");
  EXPECT_FALSE(replace_file(path("a"), "x"));
  EXPECT_TRUE(fs::is_directory(path("a")));
  EXPECT_EQ(entries(), 1U);
}

}  // namespace
}  // namespace sluice
