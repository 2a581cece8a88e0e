#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "gateway/identity/credentials.hpp"

namespace sluice::identity {

// SipHash-2-4 (Aumasson and Bernstein): a keyed hash that nobody without the key can foresee.
using SipKey = std::array<std::uint64_t, 2>;
std::uint64_t siphash(const SipKey& key, std::string_view octets) noexcept;

// What stands for credentials in memory: 128 bits that tell nothing of the password without the key of this process.
struct CredentialKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;

  bool operator==(const CredentialKey&) const = default;
};

// Makes keys of credentials; different in each process.
class CredentialKeys {
 public:
  CredentialKeys();  // Errors: std::system_error when the system has no random octets

  CredentialKey of(const Credentials& credentials) const;

 private:
  std::array<SipKey, 2> keys_;
};

}  // namespace sluice::identity

template <>
struct std::hash<sluice::identity::CredentialKey> {
  std::size_t operator()(const sluice::identity::CredentialKey& key) const noexcept { return key.first; }
};
