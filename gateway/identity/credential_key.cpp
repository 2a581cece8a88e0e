#include "gateway/identity/credential_key.hpp"

#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <string.h>
#include <sys/random.h>

namespace sluice::identity {

namespace {

struct State {
  std::uint64_t a, b, c, d;

  void round() noexcept {
    a += b;
    c += d;
    b = std::rotl(b, 13) ^ a;
    d = std::rotl(d, 16) ^ c;
    a = std::rotl(a, 32);
    c += b;
    a += d;
    b = std::rotl(b, 17) ^ c;
    d = std::rotl(d, 21) ^ a;
    c = std::rotl(c, 32);
  }
  void take(std::uint64_t word) noexcept {
    d ^= word;
    round();
    round();
    a ^= word;
  }
};

std::uint64_t little_endian(const char* octets, std::size_t count) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(octets[i])) << (8 * i);
  }
  return word;
}

}  // namespace

std::uint64_t siphash(const SipKey& key, std::string_view octets) noexcept {
  State state{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
              key[1] ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; at + 8 <= octets.size(); at += 8) { state.take(little_endian(octets.data() + at, 8)); }
  const auto length = static_cast<std::uint64_t>(octets.size() & 0xff) << 56;
  state.take(length | little_endian(octets.data() + at, octets.size() - at));
  state.c ^= 0xff;
  for (int i = 0; i < 4; ++i) { state.round(); }
  return state.a ^ state.b ^ state.c ^ state.d;
}

CredentialKeys::CredentialKeys() {
  if (::getrandom(keys_.data(), sizeof keys_, 0) != static_cast<ssize_t>(sizeof keys_)) {
    throw std::system_error(errno, std::system_category(), "getrandom");
  }
}

// A name has no colon, so that no two credentials read alike.
CredentialKey CredentialKeys::of(const Credentials& credentials) const {
  std::string text;
  text.reserve(credentials.user.size() + 1 + credentials.password.size());
  text.append(credentials.user).append(":").append(credentials.password);
  const CredentialKey key{siphash(keys_[0], text), siphash(keys_[1], text)};
  ::explicit_bzero(text.data(), text.size());
  return key;
}

}  // namespace sluice::identity
