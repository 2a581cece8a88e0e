#include "gateway/upstream/hosts_file.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace sluice::upstream {
namespace {

using namespace std::chrono_literals;

std::string texts(const std::vector<policy::Address>& addresses) {
  std::string out;
  for (const auto& address : addresses) { out += (out.empty() ? "" : " ") + address.text(); }
  return out;
}

TEST(HostsFile, LinesAreAnAddressAndNames) {
  const HostsTable table = parse_hosts(
      "127.0.0.1\tlocalhost\n"
      "# a comment 192.0.2.9 commented\n"
      "192.0.2.1  Origin.Example. origin # 192.0.2.2 other\r\n"
      "2001:db8::1 origin.example\n"
      "192.0.2.1 origin.example\n"
      "fe80::1%eth0 scoped\n"
      "not-an-address name\n"
      "   \n"
      "192.0.2.3 last-without-line-end");
  EXPECT_EQ(table.size(), 4U);
  EXPECT_EQ(texts(table.at("localhost")), "127.0.0.1");
  EXPECT_EQ(texts(table.at("origin.example")), "192.0.2.1 2001:db8::1");
  EXPECT_EQ(texts(table.at("origin")), "192.0.2.1");
  EXPECT_EQ(texts(table.at("last-without-line-end")), "192.0.2.3");
  EXPECT_TRUE(parse_hosts("").empty());
}

TEST(HostsFile, ChangesAreSeenWithinASecond) {
  std::string path = (std::filesystem::temp_directory_path() / "sluice-hosts-XXXXXX").string();
  const int descriptor = ::mkstemp(path.data());
  ASSERT_GE(descriptor, 0);
  ::close(descriptor);
  HostsFile hosts(path);
  const HostsFile::Time start{100s};
  EXPECT_EQ(hosts.find("origin", start), nullptr);
  std::ofstream(path) << "192.0.2.1 origin\n";
  EXPECT_EQ(hosts.find("origin", start + 999ms), nullptr);
  ASSERT_NE(hosts.find("origin", start + 1s), nullptr);
  EXPECT_EQ(texts(hosts.find("origin", start + 1s)->addresses), "192.0.2.1");
  std::filesystem::remove(path);
  EXPECT_EQ(hosts.find("origin", start + 3s), nullptr);
}

TEST(HostsFile, LocalhostIsTheLoopback) {
  EXPECT_EQ(texts(loopback_addresses()->addresses), "::1 127.0.0.1");
}

}  // namespace
}  // namespace sluice::upstream
