#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace sluice::identity {

// A name, and what proves it. The password is overwritten when they go.
struct Credentials {
  Credentials() = default;
  Credentials(std::string of_user, std::string with_password)
      : user(std::move(of_user)), password(std::move(with_password)) {}
  Credentials(Credentials&&) = default;
  Credentials& operator=(Credentials&&) = default;
  ~Credentials();

  std::string user;
  std::string password;
};

// Why a field is no Basic credentials.
enum class CredentialsError : std::uint8_t {
  other_scheme,
  bad_base64,
  no_colon,
  no_user,
  control_octet,
  not_utf8,
  too_long,  // a name of more than 255 octets, or a password of more than 511
};

// The value of Proxy-Authorization: `Basic` and base64 of "user:password" in UTF-8, whatever the case of the scheme.
// Strict: base64 of RFC 4648 section 4 with its padding, nothing behind it. RFC 7617.
std::expected<Credentials, CredentialsError> parse_basic(std::string_view value);

}  // namespace sluice::identity
