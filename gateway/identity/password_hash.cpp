#include "gateway/identity/password_hash.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include <crypt.h>
#include <string.h>

namespace sluice::identity {

namespace {

// Beyond these one verification takes seconds, and a client could keep a core busy with a few requests.
constexpr unsigned kMostBcryptCost = 16;
constexpr unsigned kMostSha512Rounds = 2'000'000;
constexpr unsigned kLeastSha512Rounds = 1000;
constexpr std::size_t kLongestSha512Salt = 16;
constexpr std::size_t kSha512Digest = 86;
constexpr std::size_t kBcryptRest = 53;  // salt and digest

bool is_crypt_text(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/';
  });
}

// The whole of `text` as a number; 0 when it is none.
unsigned number_of(std::string_view text) noexcept {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() ? value : 0;
}

using Checked = std::expected<void, std::string>;

// "$2y$10$" and 22 characters of salt, 31 of the digest.
Checked check_bcrypt(std::string_view hash) {
  constexpr std::size_t kHead = 7;
  const bool has_form = hash.size() == kHead + kBcryptRest && hash[6] == '$' && is_crypt_text(hash.substr(kHead));
  const unsigned cost = has_form ? number_of(hash.substr(4, 2)) : 0;
  if (cost < 4) { return std::unexpected("a bcrypt hash that is damaged"); }
  if (cost <= kMostBcryptCost) { return {}; }
  return std::unexpected("a bcrypt cost of " + std::to_string(cost) + ", which takes too long to verify; " +
                         std::to_string(kMostBcryptCost) + " at most");
}

// "$6$", perhaps "rounds=N$", the salt, "$" and the digest.
Checked check_sha512(std::string_view hash) {
  constexpr std::string_view kRounds = "rounds=";
  hash.remove_prefix(3);
  if (hash.starts_with(kRounds)) {
    const auto end = std::min(hash.find('$'), hash.size());
    const unsigned rounds = number_of(hash.substr(kRounds.size(), end - kRounds.size()));
    if (rounds < kLeastSha512Rounds || rounds > kMostSha512Rounds) {
      return std::unexpected("a SHA-512 hash whose rounds are not between " + std::to_string(kLeastSha512Rounds) +
                             " and " + std::to_string(kMostSha512Rounds));
    }
    hash.remove_prefix(std::min(end + 1, hash.size()));
  }
  const auto dollar = hash.find('$');
  const bool has_form = dollar != hash.npos && dollar <= kLongestSha512Salt && is_crypt_text(hash.substr(0, dollar)) &&
                        hash.size() - dollar - 1 == kSha512Digest && is_crypt_text(hash.substr(dollar + 1));
  return has_form ? Checked{} : std::unexpected(std::string("a SHA-512 hash that is damaged"));
}

// Whether this system's libcrypt was built with the method.
Checked check_method(const std::string& hash) {
  const int answer = ::crypt_checksalt(hash.c_str());
  if (answer == CRYPT_SALT_INVALID || answer == CRYPT_SALT_METHOD_DISABLED) {
    return std::unexpected("a hash that this system's libcrypt does not know");
  }
  return {};
}

std::string refused_form(std::string_view hash) {
  constexpr std::string_view kMend = "; make a new one with `htpasswd -B`";
  if (hash.empty()) { return "no hash"; }
  if (hash.starts_with("$apr1$") || hash.starts_with("$1$")) {
    return "an MD5 hash, which is too weak" + std::string(kMend);
  }
  if (hash.starts_with("{SHA}") || hash.starts_with("{SSHA}")) {
    return "a SHA-1 hash, which is too weak" + std::string(kMend);
  }
  if (hash.starts_with("$5$")) { return "a SHA-256 hash, which is not supported" + std::string(kMend); }
  return "a hash of a form that is not supported (bcrypt and $6$ are)" + std::string(kMend);
}

// 32 KiB of scratch memory, which would hold what is left of the password.
struct Scratch {
  Scratch() : data(std::make_unique<crypt_data>()) {}
  ~Scratch() { ::explicit_bzero(data.get(), sizeof *data); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::unique_ptr<crypt_data> data;
};

// In a time that does not tell how much of them is equal.
bool are_equal(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) { return false; }
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(a[i]) ^ static_cast<unsigned>(b[i]);
  }
  return difference == 0;
}

}  // namespace

Checked check_hash(const std::string& hash) {
  const bool is_bcrypt = hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  if (!is_bcrypt && !hash.starts_with("$6$")) { return std::unexpected(refused_form(hash)); }
  auto checked = is_bcrypt ? check_bcrypt(hash) : check_sha512(hash);
  return checked ? check_method(hash) : checked;
}

bool is_hash_of(const std::string& password, const std::string& hash) {
  const Scratch scratch;
  const char* const made = ::crypt_r(password.c_str(), hash.c_str(), scratch.data.get());
  return made != nullptr && are_equal(made, hash);
}

}  // namespace sluice::identity
