#include "gateway/identity/credentials.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <string.h>

#include "policy/values.hpp"

namespace sluice::identity {

namespace {

constexpr std::size_t kLongestUser = 255;
constexpr std::size_t kLongestPassword = 511;  // libcrypt's own limit
constexpr std::size_t kLongestEncoded = (kLongestUser + 1 + kLongestPassword + 2) / 3 * 4;

constexpr auto kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

// RFC 4648 4; bits that belong to no octet are 0 (3.5), so that there is one encoding of everything.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) { return std::nullopt; }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) { return std::nullopt; }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) { continue; }
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  if ((bits & ((1U << count) - 1)) != 0) { return std::nullopt; }
  return out;
}

bool is_control(char c) noexcept {
  return (c >= 0 && c < ' ') || c == '\x7f';
}

bool is_basic(std::string_view scheme) noexcept {
  constexpr std::string_view kBasic = "basic";
  return std::ranges::equal(scheme, kBasic, {}, [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // what was moved from still lies there
  ::explicit_bzero(text.data(), text.size());
}

// RFC 7617 2: "the user-id and password MUST NOT contain any control characters".
std::expected<Credentials, CredentialsError> split(std::string_view pair) {
  if (std::ranges::any_of(pair, is_control)) { return std::unexpected(CredentialsError::control_octet); }
  if (!policy::is_utf8(pair)) { return std::unexpected(CredentialsError::not_utf8); }
  const auto colon = pair.find(':');
  if (colon == pair.npos) { return std::unexpected(CredentialsError::no_colon); }
  if (colon == 0) { return std::unexpected(CredentialsError::no_user); }
  if (colon > kLongestUser || pair.size() - colon - 1 > kLongestPassword) {
    return std::unexpected(CredentialsError::too_long);
  }
  return Credentials(std::string(pair.substr(0, colon)), std::string(pair.substr(colon + 1)));
}

}  // namespace

Credentials::~Credentials() {
  wipe(password);
}

std::expected<Credentials, CredentialsError> parse_basic(std::string_view value) {
  const auto blank = std::min(value.find(' '), value.size());
  if (!is_basic(value.substr(0, blank))) { return std::unexpected(CredentialsError::other_scheme); }
  value.remove_prefix(blank);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (value.size() > kLongestEncoded) { return std::unexpected(CredentialsError::too_long); }
  auto pair = decode_base64(value);
  if (!pair) { return std::unexpected(CredentialsError::bad_base64); }
  auto credentials = split(*pair);
  wipe(*pair);
  return credentials;
}

}  // namespace sluice::identity
