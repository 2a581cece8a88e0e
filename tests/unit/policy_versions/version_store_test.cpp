#include "gateway/control/versions/version_store.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "gateway/base/file.hpp"
#include "gateway/control/versions/digest.hpp"

namespace sluice::control {
namespace {

class Directory {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-versions-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string in(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

PolicyVersion version(std::uint64_t number, std::string text) {
  PolicyVersion out;
  out.number = number;
  out.time = 1'764'000'000;
  out.author = "ops (1000)";
  out.reason = "50 %\nand more";
  out.text = std::move(text);
  return out;
}

void add(VersionStore& store, PolicyVersion one) {
  const auto number = one.number;
  ASSERT_TRUE(store.begin(std::move(one)));
  ASSERT_TRUE(store.commit(number));
}

TEST(Digest, IsSha256) {
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(PolicyVersions, ComeBackAsTheyWere) {
  auto one = version(7, "allow\n");
  one.included = {{"/etc/a b", "deny host a.example\n"}, {"/etc/c", ""}};
  const auto again = decode_version(encode(one));
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->number, 7u);
  EXPECT_EQ(again->reason, one.reason);
  EXPECT_EQ(again->text, one.text);
  ASSERT_EQ(again->included.size(), 2u);
  EXPECT_EQ(again->included[0].file, "/etc/a b");
  EXPECT_EQ(again->included[1].text, "");
  EXPECT_EQ(again->hash, one.hash);
}

TEST(PolicyVersions, AreRefusedWhenAnOctetDiffers) {
  auto one = version(7, "allow\n");
  const auto record = encode(one);
  for (std::size_t i = 0; i < record.size(); ++i) {
    auto damaged = record;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const auto read = decode_version(damaged);
    EXPECT_FALSE(read) << i;
  }
  for (std::size_t size = 0; size < record.size(); ++size) { EXPECT_FALSE(decode_version(record.substr(0, size))); }
}

TEST(VersionStore, ChainsEachVersionToTheLast) {
  const Directory directory;
  VersionStore store(directory.in("v"));
  ASSERT_TRUE(store.open());
  add(store, version(1, "allow\n"));
  add(store, version(2, "deny\n"));
  EXPECT_EQ(store.latest(), 2u);
  EXPECT_EQ(store.read(1)->previous, "");
  EXPECT_EQ(store.read(2)->previous, store.read(1)->hash);
  VersionStore again(directory.in("v"));
  ASSERT_TRUE(again.open());
  EXPECT_EQ(again.numbers(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(again.read(2)->text, "deny\n");
  EXPECT_NE(again.read(3).error().find("v1 to v2 are kept"), std::string::npos);
}

TEST(VersionStore, SaysThatARecordIsDamaged) {
  const Directory directory;
  VersionStore store(directory.in("v"));
  ASSERT_TRUE(store.open());
  add(store, version(1, "allow\n"));
  ASSERT_TRUE(replace_file(directory.in("v/1"), "sluice policy version, format 1\nnumber 1\n"));
  EXPECT_NE(store.read(1).error().find("damaged"), std::string::npos);
  add(store, version(2, "deny\n"));
  EXPECT_EQ(store.read(2)->previous, "");
}

TEST(VersionStore, KnowsWhatWasGoingOnWhenAProcessEnded) {
  const Directory directory;
  VersionStore store(directory.in("v"));
  ASSERT_TRUE(store.open());
  EXPECT_FALSE(store.pending());
  ASSERT_TRUE(store.begin(version(1, "allow\n")));
  VersionStore again(directory.in("v"));
  ASSERT_TRUE(again.open());
  EXPECT_EQ(again.latest(), 0u);
  ASSERT_TRUE(again.pending());
  EXPECT_EQ(again.pending()->text, "allow\n");
  ASSERT_TRUE(again.commit(1));
  EXPECT_FALSE(again.pending());
  EXPECT_EQ(again.latest(), 1u);
  ASSERT_TRUE(again.begin(version(2, "deny\n")));
  again.abandon();
  EXPECT_FALSE(again.pending());
}

TEST(VersionStore, SaysWhatTheSystemSays) {
  const Directory directory;
  ASSERT_TRUE(replace_file(directory.in("file"), "x"));
  VersionStore store(directory.in("file"));
  EXPECT_FALSE(store.open());
  EXPECT_FALSE(store.begin(version(1, "allow\n")));
}

}  // namespace
}  // namespace sluice::control
