#pragma once

#include <string>
#include <vector>

namespace sluice {

// Whom the daemon runs as once its sockets are bound.
struct Account {
  std::string name;  // "" : stay who we are
  unsigned uid = 0;
  unsigned gid = 0;
};

// The configured user; when none is configured and we are root, the account `sluice` if it exists.
// Throws std::runtime_error when the configured user does not exist.
Account account_for(const std::string& configured);

// Gives `paths` (directories with what is in them) to the account. Throws std::system_error.
void hand_over(const std::vector<std::string>& paths, const Account& account);

// Becomes the account for good, and gives up every capability. As root without an account to become, only the
// capabilities go: what root's own files need no capability for still works. Throws std::system_error.
void drop_privileges(const Account& account);

// User names to ids. Throws std::runtime_error for a name that does not exist.
std::vector<unsigned> uids_of(const std::vector<std::string>& names);

}  // namespace sluice
