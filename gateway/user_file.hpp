#pragma once

#include <functional>

#include "gateway/config/configuration.hpp"
#include "gateway/identity/accounts_file.hpp"
#include "gateway/identity/verifier.hpp"

namespace sluice {

// The users of `auth.htpasswd` who can sign in. Says what is wrong with the file and what changed.
// Thread: the main one, the verifier excepted.
class UserFile {
 public:
  // Ends what these users have open; how many that was.
  using SignOut = std::function<std::size_t(const identity::Users&)>;
  explicit UserFile(SignOut sign_out);

  identity::Verifier& verifier() noexcept { return verifier_; }

  // At the start. Throws std::runtime_error when the file cannot be read.
  void load(const config::Auth& auth);
  // In force from now on; those who cannot sign in any more as they did are signed out.
  void use(identity::LoadedAccounts loaded, const config::Auth& auth);
  // Reads a file that changed again; one that cannot be read leaves the last good one in force.
  void look(const config::Auth& auth);

 private:
  SignOut sign_out_;
  identity::Verifier verifier_;
  identity::FileStamp stamp_;  // of what was read last
};

}  // namespace sluice
