#include "gateway/identity/accounts.hpp"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "gateway/base/file.hpp"
#include "gateway/identity/accounts_file.hpp"
#include "tests/support/htpasswd.hpp"

namespace sluice::identity {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string all_users() {
  return std::string("# made by htpasswd\n\n")
      .append(support::kAlice)
      .append(support::kBob)
      .append(support::kCarol)
      .append(support::kDave)
      .append(support::kErin);
}

TEST(Accounts, TellWhoIsGoneOrHasAnotherHash) {
  const auto of = [](std::string_view text) { return parse_htpasswd(text, "users")->accounts; };
  const auto before = of(std::string(support::kAlice).append(support::kBob).append(support::kCarol));
  const auto carols = std::string(support::kDave.substr(support::kDave.find(':')));
  const auto next = of(std::string(support::kDave).append(support::kAlice).append("carol" + carols));
  EXPECT_EQ(before.changed_in(next), (Users{"bob", "carol"}));
  EXPECT_EQ(before.changed_in(before), Users{});
  EXPECT_EQ(of("").changed_in(next), Users{});
}

TEST(Htpasswd, EachFormOfHashIsVerified) {
  const auto parsed = parse_htpasswd(all_users(), "users");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->warnings.empty());
  const auto& accounts = parsed->accounts;
  EXPECT_EQ(accounts.size(), 5u);
  EXPECT_TRUE(accounts.verify({"alice", "open sesame"}));
  EXPECT_TRUE(accounts.verify({"bob", "pässword:x"}));
  EXPECT_TRUE(accounts.verify({"carol", ""}));
  EXPECT_TRUE(accounts.verify({"dave", "sesame"}));
  EXPECT_TRUE(accounts.verify({"erin", "sesame"}));
  EXPECT_FALSE(accounts.verify({"alice", "open sesam"}));
  EXPECT_FALSE(accounts.verify({"alice", ""}));
  EXPECT_FALSE(accounts.verify({"Alice", "open sesame"}));
  EXPECT_FALSE(accounts.verify({"dave", "open sesame"}));
  EXPECT_FALSE(accounts.verify({"nobody", "open sesame"}));
}

TEST(Htpasswd, LinesMayEndAsOnWindowsAndTheLastNotAtAll) {
  std::string text = std::string(support::kAlice) + std::string(support::kDave);
  text.pop_back();
  text.replace(text.find('\n'), 1, "\r\n");
  const auto parsed = parse_htpasswd(text, "users");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->accounts.verify({"alice", "open sesame"}));
  EXPECT_TRUE(parsed->accounts.verify({"dave", "sesame"}));
}

TEST(Htpasswd, AHashThatCannotBeVerifiedCostsItsOwnUserOnly) {
  const std::string salt53(53, 'a');
  const std::vector<std::pair<std::string, std::string_view>> cases{
      {"$apr1$abcdefgh$GQVaHFsauSKl0cgw4bVFJ/", "MD5"},
      {"$1$salt$8Xwa0TWrZYGxXErSABfgK1", "MD5"},
      {"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "SHA-1"},
      {"$5$salt$OxrE/YB.T.kfQ1.N18zgYj6WnkiUTfkNCacavC5DfVC", "SHA-256"},
      {"$2x$04$" + salt53, "not supported"},
      {"$2y$04$" + salt53.substr(1), "damaged"},
      {"$2y$03$" + salt53, "damaged"},
      {"$2y$0x$" + salt53, "damaged"},
      {"$2y$31$" + salt53, "takes too long"},
      {"$6$salt$short", "damaged"},
      {"$6$rounds=999999999$salt$" + std::string(86, 'a'), "rounds"},
      {"$6$rounds=-1$salt$" + std::string(86, 'a'), "rounds"},
      {"$6$rounds=1000", "damaged"},
      {"$6$toolongasaltforthis$" + std::string(86, 'a'), "damaged"},
      {"rqXexS6ZhobKA", "not supported"},
      {"plain text", "not supported"},
      {"*0", "not supported"},
      {"", "no hash"},
  };
  for (const auto& [hash, reason] : cases) {
    const auto parsed = parse_htpasswd("mallory:" + hash + "\n" + std::string(support::kAlice), "users");
    ASSERT_TRUE(parsed) << hash;
    ASSERT_EQ(parsed->warnings.size(), 1u) << hash;
    EXPECT_EQ(parsed->warnings[0].line, 1);
    EXPECT_THAT(parsed->warnings[0].text(), HasSubstr("users:1:1: warning: `mallory` cannot sign in: "));
    EXPECT_THAT(parsed->warnings[0].message, HasSubstr(std::string(reason))) << hash;
    EXPECT_FALSE(parsed->accounts.verify({"mallory", hash})) << hash;
    EXPECT_TRUE(parsed->accounts.verify({"alice", "open sesame"}));
  }
}

TEST(Htpasswd, ABadLineIsLeftOutWithAWarningThatQuotesNoHash) {
  const std::string text = std::string(support::kAlice) + "no colon\n:x\n" + std::string(support::kAlice) +
                           "tab\t:x\n\xff:x\n" + std::string(256, 'u') + ":x\n" + std::string(2000, 'l') + "\n";
  const auto parsed = parse_htpasswd(text, "users");
  ASSERT_TRUE(parsed);
  const std::vector<std::pair<int, std::string_view>> expected{
      {2, "no `:`"},         {3, "no user"}, {4, "the user `alice` is on line 1 already"},
      {5, "control"},        {6, "UTF-8"},   {7, "more than 255"},
      {8, "more than 1024"},
  };
  ASSERT_EQ(parsed->warnings.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(parsed->warnings[i].line, expected[i].first);
    EXPECT_THAT(parsed->warnings[i].text(), HasSubstr(std::string(expected[i].second)));
    EXPECT_THAT(parsed->warnings[i].text(), Not(HasSubstr("$2y$")));
  }
  EXPECT_EQ(parsed->accounts.size(), 1u);
  EXPECT_TRUE(parsed->accounts.verify({"alice", "open sesame"}));
}

TEST(Htpasswd, AFileWithoutALineThatIsAUserIsAnother) {
  const auto parsed = parse_htpasswd("# a comment\nno colon\n", "users");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().front().text(), HasSubstr("users:2:1: error: no `:`"));
  EXPECT_TRUE(parse_htpasswd("# nobody yet\n", "users"));
}

TEST(Htpasswd, IsBounded) {
  const auto large = parse_htpasswd(std::string((16 << 20) + 1, '\n'), "users");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().size(), 1u);
  std::string wrong;
  for (int i = 0; i < 1000; ++i) { wrong += "x\n"; }
  EXPECT_EQ(parse_htpasswd(wrong, "users").error().size(), 100u);
}

TEST(AccountsFile, ThatChangesHasAnotherStamp) {
  char directory[] = "/tmp/sluice-accounts-XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/users";
  EXPECT_EQ(stamp_of(path), FileStamp{});
  EXPECT_THAT(load_accounts(path).error().front().message, HasSubstr("cannot be read: No such file"));
  EXPECT_THAT(load_accounts(directory).error().front().message, HasSubstr("no regular file"));
  ASSERT_TRUE(replace_file(path, support::kAlice));
  const auto first = load_accounts(path);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->stamp, stamp_of(path));
  EXPECT_TRUE(first->accounts->verify({"alice", "open sesame"}));
  ASSERT_TRUE(replace_file(path, support::kDave));
  EXPECT_NE(first->stamp, stamp_of(path));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace sluice::identity
