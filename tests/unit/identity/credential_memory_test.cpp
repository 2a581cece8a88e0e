#include "gateway/identity/credential_memory.hpp"

#include <gtest/gtest.h>

namespace sluice::identity {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kNow{seconds(1000)};

CredentialKey key(std::uint64_t number) {
  return {number, number};
}

// The vectors of the paper and of its reference implementation: key 00..0f, input 00, 00 01, 00 01 02, ...
TEST(SipHash, GivesWhatThePaperGives) {
  const SipKey sip_key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string input;
  const auto take = [&](std::size_t size) {
    while (input.size() < size) { input += static_cast<char>(input.size()); }
    return siphash(sip_key, input);
  };
  EXPECT_EQ(take(0), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(take(1), 0x74f839c593dc67fdU);
  EXPECT_EQ(take(8), 0x93f5f5799a932462U);
  EXPECT_EQ(take(15), 0xa129ca6149be45e5U);
}

TEST(CredentialKeys, TellCredentialsApartAndEachProcessItsOwn) {
  const CredentialKeys keys;
  const CredentialKeys others;
  EXPECT_EQ(keys.of({"alice", "a"}), keys.of({"alice", "a"}));
  EXPECT_NE(keys.of({"alice", "a"}), keys.of({"alice", "b"}));
  EXPECT_NE(keys.of({"alice", "a"}), keys.of({"alic", "ea"}));
  EXPECT_NE(keys.of({"alice", "a"}), others.of({"alice", "a"}));
}

TEST(CredentialMemory, ForgetsWhenTheTimeIsUp) {
  CredentialMemory memory;
  memory.remember(key(1), kNow + seconds(10), 5);
  EXPECT_TRUE(memory.has(key(1), kNow));
  EXPECT_TRUE(memory.has(key(1), kNow + seconds(9)));
  EXPECT_FALSE(memory.has(key(1), kNow + seconds(10)));
  EXPECT_FALSE(memory.has(key(2), kNow));
  memory.clear();
  EXPECT_FALSE(memory.has(key(1), kNow));
}

TEST(CredentialMemory, ForgetsTheOldestWhenItIsFull) {
  CredentialMemory memory;
  for (std::uint64_t i = 0; i < 1000; ++i) { memory.remember(key(i), kNow + seconds(10), 10); }
  EXPECT_EQ(memory.size(), 10u);
  EXPECT_FALSE(memory.has(key(989), kNow));
  for (std::uint64_t i = 990; i < 1000; ++i) { EXPECT_TRUE(memory.has(key(i), kNow)); }
}

TEST(CredentialMemory, KeepsWhatWasVerifiedAgain) {
  CredentialMemory memory;
  memory.remember(key(1), kNow + seconds(10), 2);
  memory.remember(key(2), kNow + seconds(11), 2);
  memory.remember(key(1), kNow + seconds(12), 2);
  memory.remember(key(3), kNow + seconds(13), 2);
  EXPECT_TRUE(memory.has(key(1), kNow));
  EXPECT_FALSE(memory.has(key(2), kNow));
  EXPECT_TRUE(memory.has(key(3), kNow));
  for (int i = 0; i < 1000; ++i) { memory.remember(key(1), kNow + seconds(20 + i), 2); }
  EXPECT_LE(memory.size(), 2u);
  EXPECT_TRUE(memory.has(key(1), kNow + seconds(1000)));
}

TEST(CredentialMemory, OfNoSizeRemembersNothing) {
  CredentialMemory memory;
  memory.remember(key(1), kNow + seconds(10), 0);
  EXPECT_FALSE(memory.has(key(1), kNow));
}

}  // namespace
}  // namespace sluice::identity
