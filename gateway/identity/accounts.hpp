#pragma once

#include <expected>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/identity/credentials.hpp"
#include "policy/diagnostic.hpp"

namespace sluice::identity {

using Users = std::set<std::string, std::less<>>;

// The users of an htpasswd file and the hashes of their passwords. Immutable.
// Thread: any, concurrently.
class Accounts {
 public:
  explicit Accounts(std::unordered_map<std::string, std::string> hashes);

  // Slow on purpose, and as slow for a name that is not there, so that time does not tell which names are.
  bool verify(const Credentials& credentials) const;
  std::size_t size() const noexcept { return hashes_.size(); }

  // Who could sign in, and is not there any more in `next`, or has another hash. Cost: every user is looked at.
  Users changed_in(const Accounts& next) const;

 private:
  std::unordered_map<std::string, std::string> hashes_;
  std::string decoy_;  // the hash that unknown names are verified against
};

struct ParsedAccounts {
  Accounts accounts;
  std::vector<policy::Diagnostic> warnings;  // users who cannot be verified, and why
};

// The text of an htpasswd file: `user:hash` a line, `#` begins a comment. A hash that cannot be verified (check_hash)
// is a warning, and its user is left out; so is a line that is no user, and a user who is there already, as servers do
// that read such files: one bad line locks out one. Errors: no line is a user, though there are lines; one diagnostic
// when the text is larger than any such file. Diagnostics never quote a hash.
std::expected<ParsedAccounts, std::vector<policy::Diagnostic>> parse_htpasswd(std::string_view text,
                                                                              const std::string& file_name);

}  // namespace sluice::identity
