#include "gateway/pipeline/log_buffer.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "gateway/base/file.hpp"

namespace sluice::pipeline {
namespace {

namespace fs = std::filesystem;

class LogBufferTest : public testing::Test {
 protected:
  LogBufferTest() {
    auto pattern = (fs::temp_directory_path() / "sluice-buffer-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~LogBufferTest() override { fs::remove_all(directory_); }
  std::string path(const char* name) const { return (directory_ / name).string(); }
  std::shared_ptr<record::AccessLog> log(const char* name, record::LogFormat format = record::LogFormat::squid) const {
    return std::make_shared<record::AccessLog>(record::AccessLog::Options{path(name), format});
  }
  static record::AccessRecord record(std::string_view url) {
    record::AccessRecord record;
    record.url = url;
    record.method = "GET";
    record.client = "192.0.2.1";
    return record;
  }
  std::ptrdiff_t lines(const char* name) const {
    const auto content = read_file(path(name)).value_or("");
    return std::ranges::count(content, '\n');
  }

  fs::path directory_;
};

TEST_F(LogBufferTest, EveryLineArrivesInTheEnd) {
  {
    LogBuffer buffer(log("a"));
    for (int i = 0; i < 5000; ++i) { buffer.append(record("http://a.example/")); }
  }
  EXPECT_EQ(lines("a"), 5000);
}

TEST_F(LogBufferTest, WhatWasLoggedAheadOfAChangeGoesToTheOldLog) {
  {
    LogBuffer buffer(log("a"));
    buffer.append(record("http://a.example/"));
    buffer.use(log("b"));
    buffer.append(record("http://b.example/"));
    buffer.append(record("http://b.example/"));
  }
  EXPECT_EQ(lines("a"), 1);
  EXPECT_EQ(lines("b"), 2);
}

TEST_F(LogBufferTest, WithoutAFormatNothingIsWritten) {
  {
    LogBuffer buffer(log("a", record::LogFormat::none));
    buffer.append(record("http://a.example/"));
  }
  EXPECT_EQ(lines("a"), 0);
}

}  // namespace
}  // namespace sluice::pipeline
