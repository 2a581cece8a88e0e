#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::support {

// The pieces of a TLS ClientHello (RFC 8446 4.1.2), for tests that write one.

inline std::string tls_number(std::size_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = size; i > 0; --i) { out += static_cast<char>(value >> 8 * (i - 1) & 0xff); }
  return out;
}
inline std::string tls_vector(std::size_t length_size, std::string_view octets) {
  return tls_number(octets.size(), length_size) + std::string(octets);
}
inline std::string tls_extension(std::size_t type, std::string_view data) {
  return tls_number(type, 2) + tls_vector(2, data);
}
inline std::string server_name_extension(std::string_view name) {
  return tls_extension(0, tls_vector(2, tls_number(0, 1) + tls_vector(2, name)));
}
inline std::string alpn_extension(const std::vector<std::string>& protocols) {
  std::string list;
  for (const auto& protocol : protocols) { list += tls_vector(1, protocol); }
  return tls_extension(16, tls_vector(2, list));
}

inline std::string handshake_message(std::string_view body, char type = 1) {
  return type + tls_vector(3, body);
}
inline std::string tls_record(std::string_view fragment, char type = 22) {
  return std::string{type, 3, 1} + tls_vector(2, fragment);
}

// The parts of a hello that a case may change.
struct HelloParts {
  std::string version_and_random = std::string("\x03\x03") + std::string(32, 'r');
  std::string session_id = tls_vector(1, "");
  std::string cipher_suites = tls_vector(2, "\x13\x01\x0a\x0a");
  std::string compression = tls_vector(1, std::string(1, '\0'));
  std::string extensions = tls_vector(2, "");
  std::string behind = {};

  std::string body() const {
    return version_and_random + session_id + cipher_suites + compression + extensions + behind;
  }
};

inline std::string hello_with(std::string_view extensions) {
  HelloParts parts;
  parts.extensions = tls_vector(2, extensions);
  return tls_record(handshake_message(parts.body()));
}

}  // namespace sluice::support
