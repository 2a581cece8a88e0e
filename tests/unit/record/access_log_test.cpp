#include "gateway/record/access_log.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::record {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    std::string pattern = (fs::temp_directory_path() / "sluice-log-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~AccessLogTest() override { fs::remove_all(directory_); }

  fs::path file() const { return directory_ / "access.log"; }
  AccessLog::Options options() const { return {file().string(), LogFormat::json}; }

  fs::path directory_;
};

TEST_F(AccessLogTest, LinesAreThereWhenTheLogIsGone) {
  {
    AccessLog log(options());
    EXPECT_EQ(log.format(), LogFormat::json);
    log.write("one\ntwo\n");
    log.write("");
    log.write("three\n");
    EXPECT_EQ(log.dropped(), 0U);
  }
  EXPECT_EQ(contents(file()), "one\ntwo\nthree\n");
}

TEST_F(AccessLogTest, AnExistingFileIsContinuedAndNotReadableByEveryone) {
  { AccessLog(options()).write("one\n"); }
  { AccessLog(options()).write("two\n"); }
  EXPECT_EQ(contents(file()), "one\ntwo\n");
  struct stat status{};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07, 0U);
}

TEST_F(AccessLogTest, LinesOfManyThreadsStayWhole) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 500;
  {
    AccessLog log(options());
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&log, i] {
        for (int n = 0; n < kWrites; ++n) { log.write(std::string(50, static_cast<char>('a' + i)) + '\n'); }
      });
    }
    for (auto& thread : threads) { thread.join(); }
    EXPECT_EQ(log.dropped(), 0U);
  }
  std::ifstream in(file());
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) { EXPECT_EQ(line, std::string(50, line.at(0))); }
  EXPECT_EQ(lines, kThreads * kWrites);
}

TEST_F(AccessLogTest, ReopenFollowsTheNameAfterTheFileWasMoved) {
  const fs::path moved = directory_ / "access.log.1";
  {
    AccessLog log(options());
    fs::rename(file(), moved);
    log.reopen();
    while (!fs::exists(file())) { std::this_thread::yield(); }
    log.write("after\n");
  }
  EXPECT_EQ(contents(moved), "");
  EXPECT_EQ(contents(file()), "after\n");
}

TEST_F(AccessLogTest, WhatCannotBeReopenedIsWrittenOn) {
  const fs::path moved = directory_.string() + "-moved";
  {
    AccessLog log(options());
    fs::rename(directory_, moved);
    log.reopen();
    log.write("kept\n");
  }
  EXPECT_EQ(contents(moved / "access.log"), "kept\n");
  fs::remove_all(moved);
}

TEST_F(AccessLogTest, AFileThatCannotBeOpenedIsAnErrorAtStartUp) {
  EXPECT_THROW(AccessLog({(directory_ / "none" / "access.log").string(), LogFormat::json}), std::system_error);
}

TEST_F(AccessLogTest, AFullDiskDropsLinesAndCountsThem) {
  if (!fs::exists("/dev/full")) { GTEST_SKIP() << "no /dev/full"; }
  AccessLog log({"/dev/full", LogFormat::json});
  log.write("one\ntwo\n");
  log.write("three\n");
  while (log.dropped() < 3) { std::this_thread::yield(); }
  EXPECT_EQ(log.dropped(), 3U);
}

// A limit on the size of files stands in for a disk that fills up and has room again.
TEST_F(AccessLogTest, TheLogRecoversWhenTheDiskDoesAndATornLineStaysAlone) {
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  {
    AccessLog log(options());
    rlimit small = old_limit;
    small.rlim_cur = 12;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    log.write("12345678\nabcdefg\nhijk\n");
    while (log.dropped() < 2) { std::this_thread::yield(); }
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    log.write("later\n");
    EXPECT_EQ(log.dropped(), 2U);
  }
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(contents(file()), "12345678\nabc\nlater\n");
}

TEST_F(AccessLogTest, AReaderThatTakesNothingBlocksNobody) {
  const fs::path pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  std::uint64_t dropped = 0;
  {
    AccessLog log({pipe.string(), LogFormat::json});
    const std::string mebibyte = std::string((1U << 20) - 1, 'x') + '\n';
    for (int i = 0; i < 20; ++i) { log.write(mebibyte); }
    dropped = log.dropped();
  }
  EXPECT_EQ(dropped, 4U);  // 16 MiB wait, the other four lines do not
  ::close(reader);
}

TEST_F(AccessLogTest, AReaderThatLeavesEndsNothing) {
  const fs::path pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  AccessLog log({pipe.string(), LogFormat::json});
  ::close(reader);
  log.write("lost\n");
  while (log.dropped() < 1) { std::this_thread::yield(); }
  EXPECT_EQ(log.dropped(), 1U);
}

}  // namespace
}  // namespace sluice::record
