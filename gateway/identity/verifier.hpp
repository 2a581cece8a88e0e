#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/base/mailbox.hpp"
#include "gateway/base/task.hpp"
#include "gateway/base/thread_pool.hpp"
#include "gateway/identity/accounts.hpp"
#include "gateway/identity/credential_memory.hpp"

namespace sluice::identity {

enum class Verification : std::uint8_t {
  accepted,
  refused,
  overloaded,  // too many wait to be verified
};

// How long and for how many credentials it is remembered what verifying them came to.
struct VerifierMemory {
  std::chrono::milliseconds accepted = std::chrono::hours(1);
  std::chrono::milliseconds refused = std::chrono::seconds(10);
  std::size_t entries = 10'000;  // of each kind
};

// Verifies credentials on threads of its own, because that is slow on purpose. What it came to is remembered, by a
// keyed hash and never the password; the same credentials are verified once at a time, however many ask. Thread: any.
// Lifetime: of all workers; finish() when they have ended, ahead of their mailboxes.
class Verifier {
 public:
  Verifier(unsigned threads, std::size_t queue_limit);

  // The accounts from now on; null: there is nobody. Forgets what was verified, and lets nobody join a verification
  // that began with other accounts. Gives those who could sign in, and cannot any more as they did.
  Users use(std::shared_ptr<const Accounts> accounts, VerifierMemory memory);
  bool has_accounts() const;
  // Another number each time that there are other accounts.
  std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

  // Could the user sign in with the accounts of that generation, and cannot any more as then?
  bool has_signed_out(std::string_view user, std::uint64_t generation) const;

  // What is remembered. Cost: two short hashes, a lock that is held for a lookup.
  std::optional<Verification> recall(const Credentials& credentials) const;
  // Suspends; `mailbox` is that of the worker that waits.
  Task<Verification> verify(Credentials credentials, Mailbox& mailbox);

  // Ends what is under way; what is queued is not verified any more.
  void finish();

 private:
  using Waiter = std::move_only_function<void(Verification)>;
  // One verification, and who waits for it.
  struct Flight {
    CredentialKey key;
    Credentials credentials;
    std::shared_ptr<const Accounts> accounts;
    std::vector<Waiter> waiters;  // guarded by mutex_
  };

  void join(Credentials credentials, Waiter waiter);
  std::optional<Verification> recall(const CredentialKey& key) const;  // REQUIRES: mutex_ is held
  void run(Flight& flight);
  void land(Flight& flight, Verification verification);

  const CredentialKeys keys_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Accounts> accounts_;
  std::atomic<std::uint64_t> generation_ = 1;
  std::map<std::string, std::uint64_t, std::less<>> signed_out_;  // users, and the first generation without them
  VerifierMemory memory_;
  CredentialMemory accepted_;
  CredentialMemory refused_;
  std::unordered_map<CredentialKey, std::shared_ptr<Flight>> flights_;  // those with accounts_
  std::atomic<bool> is_ending_ = false;
  ThreadPool pool_;
};

}  // namespace sluice::identity
