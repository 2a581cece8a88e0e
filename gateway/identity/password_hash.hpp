#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace sluice::identity {

// Whether a password can be verified against this hash: bcrypt ($2a$, $2b$, $2y$) and SHA-512 crypt ($6$), as
// libcrypt has them. Errors: the reason, in words.
std::expected<void, std::string> check_hash(const std::string& hash);

// Is this the hash of the password? Slow on purpose: tens of milliseconds, or more as the hash asks for.
// REQUIRES: check_hash(hash). Thread: any.
bool is_hash_of(const std::string& password, const std::string& hash);

}  // namespace sluice::identity
