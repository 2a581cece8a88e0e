#include "gateway/privileges.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice {
namespace {

namespace fs = std::filesystem;

TEST(Privileges, AConfiguredUserMustExist) {
  EXPECT_THROW(account_for("no-such-user-here"), std::runtime_error);
  const auto account = account_for("root");
  EXPECT_EQ(account.name, "root");
  EXPECT_EQ(account.uid, 0U);
}

TEST(Privileges, AMissingUserIsNamedWithTheWayOut) {
  try {
    account_for("no-such-user-here");
    ADD_FAILURE() << "taken";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("no-such-user-here"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("useradd"), std::string::npos);
  }
}

TEST(Privileges, UsersOfTheSocketAreKnownByTheirIds) {
  EXPECT_EQ(uids_of({"root"}), std::vector<unsigned>{0});
  EXPECT_TRUE(uids_of({}).empty());
  EXPECT_THROW(uids_of({"root", "no-such-user-here"}), std::runtime_error);
}

TEST(Privileges, WithoutAnAccountNothingIsHandedOver) {
  EXPECT_NO_THROW(hand_over({"/no/such/path"}, {}));
}

TEST(Privileges, ADirectoryIsHandedOverWithWhatIsInIt) {
  if (::geteuid() != 0) { GTEST_SKIP() << "only root gives files away"; }
  auto pattern = (fs::temp_directory_path() / "sluice-hand-XXXXXX").string();
  const fs::path directory = ::mkdtemp(pattern.data());
  fs::create_directory(directory / "inside");
  std::ofstream(directory / "inside" / "file") << "x";
  // A link inside is given itself, and not what it points to.
  std::ofstream(directory.string() + "-outside") << "x";
  fs::create_symlink(directory.string() + "-outside", directory / "link");
  hand_over({directory.string()}, account_for("nobody"));
  const auto owner = [](const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_uid;
  };
  const auto nobody = account_for("nobody").uid;
  EXPECT_EQ(owner(directory), nobody);
  EXPECT_EQ(owner(directory / "inside" / "file"), nobody);
  EXPECT_EQ(owner(directory / "link"), nobody);
  EXPECT_EQ(owner(directory.string() + "-outside"), 0U);
  fs::remove_all(directory);
  fs::remove(directory.string() + "-outside");
}

}  // namespace
}  // namespace sluice
