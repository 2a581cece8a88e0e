#include "tools/sluice/socket_path.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

std::string path_with(const std::map<std::string, std::string>& environment, const std::set<std::string>& files) {
  return default_socket_path(
      [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
      },
      [&](const std::string& path) { return files.contains(path); });
}

TEST(SocketPath, IsTheFirstThatExists) {
  const std::string run = "/run/sluice/control.sock";
  const std::string home = "/home/a/.local/state/sluice/control.sock";
  const std::string state = "/state/sluice/control.sock";
  const std::string last = "/var/lib/sluice/control.sock";
  EXPECT_EQ(path_with({{"SLUICE_SOCKET", "/x"}, {"HOME", "/home/a"}}, {run, home}), "/x");
  EXPECT_EQ(path_with({{"HOME", "/home/a"}}, {run, home}), run);
  EXPECT_EQ(path_with({{"HOME", "/home/a"}}, {home}), home);
  EXPECT_EQ(path_with({{"HOME", "/home/a"}, {"XDG_STATE_HOME", "/state"}}, {home, state}), state);
  EXPECT_EQ(path_with({{"HOME", "/home/a"}}, {}), last);
  EXPECT_EQ(path_with({}, {}), last);
}

}  // namespace
}  // namespace sluice::cli
