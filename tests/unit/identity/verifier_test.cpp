#include "gateway/identity/verifier.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "tests/support/htpasswd.hpp"
#include "tests/support/run.hpp"

namespace sluice::identity {
namespace {

using support::run;

std::shared_ptr<const Accounts> accounts(std::string_view text) {
  return std::make_shared<const Accounts>(parse_htpasswd(text, "users")->accounts);
}

class VerifierTest : public testing::Test {
 protected:
  VerifierTest() {
    asio::co_spawn(context_, mailbox_.run(), [](const std::exception_ptr&) {});
  }
  ~VerifierTest() override { verifier_.finish(); }

  Verification verify(std::string user, std::string password) {
    return run(context_, verifier_.verify({std::move(user), std::move(password)}, mailbox_));
  }
  Task<> ask(std::string password, std::vector<Verification>* answers) {
    const auto answer = co_await verifier_.verify({"erin", std::move(password)}, mailbox_);
    answers->push_back(answer);
  }
  std::optional<Verification> recall(std::string user, std::string password) {
    return verifier_.recall({std::move(user), std::move(password)});
  }

  asio::io_context context_;
  Mailbox mailbox_{context_};
  Verifier verifier_{1, 4};
};

TEST_F(VerifierTest, WithoutAccountsNobodyIsAccepted) {
  EXPECT_FALSE(verifier_.has_accounts());
  EXPECT_EQ(verify("alice", "open sesame"), Verification::refused);
  EXPECT_EQ(recall("alice", "open sesame"), Verification::refused);
}

TEST_F(VerifierTest, RemembersWhatItCameTo) {
  verifier_.use(accounts(support::kAlice), {});
  EXPECT_EQ(recall("alice", "open sesame"), std::nullopt);
  EXPECT_EQ(verify("alice", "open sesame"), Verification::accepted);
  EXPECT_EQ(recall("alice", "open sesame"), Verification::accepted);
  EXPECT_EQ(recall("alice", "other"), std::nullopt);
  EXPECT_EQ(verify("alice", "other"), Verification::refused);
  EXPECT_EQ(recall("alice", "other"), Verification::refused);
  EXPECT_EQ(recall("alice", "open sesame"), Verification::accepted);
}

TEST_F(VerifierTest, RemembersNothingWhereThatIsWanted) {
  verifier_.use(accounts(support::kAlice), {std::chrono::seconds(0), std::chrono::seconds(0), 100});
  EXPECT_EQ(verify("alice", "open sesame"), Verification::accepted);
  EXPECT_EQ(recall("alice", "open sesame"), std::nullopt);
  EXPECT_EQ(verify("alice", "other"), Verification::refused);
  EXPECT_EQ(recall("alice", "other"), std::nullopt);
}

TEST_F(VerifierTest, ForgetsEverythingWhenTheAccountsChange) {
  verifier_.use(accounts(support::kAlice), {});
  EXPECT_EQ(verify("alice", "open sesame"), Verification::accepted);
  EXPECT_EQ(verify("dave", "sesame"), Verification::refused);
  const auto generation = verifier_.generation();
  EXPECT_EQ(verifier_.use(accounts(support::kDave), {}), Users{"alice"});
  EXPECT_NE(verifier_.generation(), generation);
  EXPECT_EQ(recall("alice", "open sesame"), std::nullopt);
  EXPECT_EQ(verify("alice", "open sesame"), Verification::refused);
  EXPECT_EQ(verify("dave", "sesame"), Verification::accepted);
}

TEST_F(VerifierTest, KnowsWhoSignedOutSinceWhen) {
  const std::string both = std::string(support::kAlice) + std::string(support::kDave);
  verifier_.use(accounts(both), {});
  const auto first = verifier_.generation();
  EXPECT_FALSE(verifier_.has_signed_out("alice", first));
  verifier_.use(accounts(support::kDave), {});
  const auto second = verifier_.generation();
  verifier_.use(accounts(both), {});
  EXPECT_TRUE(verifier_.has_signed_out("alice", first)) << "that she is back proves nothing of who signed in then";
  EXPECT_FALSE(verifier_.has_signed_out("alice", second));
  EXPECT_FALSE(verifier_.has_signed_out("dave", first));
  verifier_.use(nullptr, {});
  EXPECT_TRUE(verifier_.has_signed_out("dave", first));
  EXPECT_TRUE(verifier_.has_signed_out("alice", second));
  EXPECT_FALSE(verifier_.has_signed_out("alice", verifier_.generation()));
}

// One thread that is busy, four places to wait: thirty ask with five credentials, and each gets an answer.
TEST_F(VerifierTest, VerifiesTheSameCredentialsOnceHoweverManyAsk) {
  verifier_.use(accounts(std::string(support::kErin)), {});
  std::vector<Verification> answers;
  constexpr int kAsk = 30;
  for (int i = 0; i < kAsk; ++i) {
    asio::co_spawn(context_, ask(i % 3 == 0 ? "sesame" : "wrong", &answers), [](const std::exception_ptr&) {});
  }
  context_.restart();
  while (answers.size() < kAsk && context_.run_one() > 0) {}
  EXPECT_EQ(std::ranges::count(answers, Verification::accepted), 10);
  EXPECT_EQ(std::ranges::count(answers, Verification::refused), 20);
}

TEST_F(VerifierTest, SaysSoWhenTooManyWait) {
  verifier_.use(accounts(std::string(support::kErin)), {});
  std::vector<Verification> answers;
  constexpr int kAsk = 30;
  for (int i = 0; i < kAsk; ++i) {
    asio::co_spawn(context_, ask(std::to_string(i), &answers), [](const std::exception_ptr&) {});
  }
  context_.restart();
  while (answers.size() < kAsk && context_.run_one() > 0) {}
  EXPECT_GT(std::ranges::count(answers, Verification::overloaded), 0);
  EXPECT_GE(std::ranges::count(answers, Verification::refused), 4);
  EXPECT_EQ(recall("erin", "29"), std::nullopt) << "what was not verified is not remembered";
}

TEST_F(VerifierTest, EndsWithoutVerifyingWhatIsQueued) {
  verifier_.use(accounts(std::string(support::kErin)), {});
  verifier_.finish();
  EXPECT_EQ(verify("erin", "sesame"), Verification::overloaded);
}

}  // namespace
}  // namespace sluice::identity
