#include "gateway/user_file.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include "gateway/control/say.hpp"

namespace sluice {
namespace {

using control::say;

constexpr std::size_t kVerificationsWaiting = 128;

// Half of the cores at most: who signs in must not hold up who did.
unsigned verifier_threads() {
  return std::clamp(std::thread::hardware_concurrency() / 2, 1U, 4U);
}

}  // namespace

UserFile::UserFile(SignOut sign_out)
    : sign_out_(std::move(sign_out)), verifier_(verifier_threads(), kVerificationsWaiting) {}

void UserFile::load(const config::Auth& auth) {
  if (auth.htpasswd.empty()) { return use({}, auth); }
  auto loaded = identity::load_accounts(auth.htpasswd);
  if (!loaded) {
    say(loaded.error());
    throw std::runtime_error("the users of auth.htpasswd cannot be read");
  }
  use(std::move(*loaded), auth);
}

void UserFile::use(identity::LoadedAccounts loaded, const config::Auth& auth) {
  say(loaded.warnings);
  stamp_ = loaded.stamp;
  const identity::VerifierMemory memory{auth.cache_ttl, auth.refused_ttl, auth.cache_entries};
  const auto signed_out = verifier_.use(std::move(loaded.accounts), memory);
  if (const auto closed = sign_out_(signed_out); closed > 0) {
    say("closed tunnels of users who are gone, or have another password: " + std::to_string(closed));
  }
}

void UserFile::look(const config::Auth& auth) {
  const auto& file = auth.htpasswd;
  if (file.empty() || identity::stamp_of(file) == stamp_) { return; }
  stamp_ = identity::stamp_of(file);  // what is wrong is said once
  auto loaded = identity::load_accounts(file);
  if (!loaded) {
    say(loaded.error());
    return say("the users of " + file + " stay as they were");
  }
  say("the users of " + file + " changed: " + std::to_string(loaded->accounts->size()) + " can sign in");
  use(std::move(*loaded), auth);
}

}  // namespace sluice
