#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::tls {

// What a client says in the open when it begins to speak TLS (RFC 8446 4.1.2).
struct ClientHello {
  std::string server_name;             // as http::append_normal_host() spells a host; empty: it names none
  std::vector<std::string> protocols;  // that it offers by ALPN (RFC 7301), in its order
  bool has_ech = false;                // Encrypted Client Hello: the server may read another hello, with another name
};

enum class HelloState : std::uint8_t {
  incomplete,
  not_tls,    // the first octets begin no TLS record, nor a ClientHello in one with a wrong version
  malformed,  // they do, but no ClientHello that has one reading and stays within the limits
  complete,
};

// Reads the ClientHello that a connection begins with, from octets as they come: over several segments, and over
// several records.
// Cost: linear in the octets; it keeps no more than the hello.
class ClientHelloReader {
 public:
  static constexpr std::size_t kLargestHello = 16 * 1024;
  static constexpr std::size_t kMostOctets = 2 * kLargestHello;  // with the headers of its records
  static constexpr std::size_t kMostProtocols = 64;

  // The client's next octets. Those behind the end of the hello are not looked at.
  HelloState read(std::string_view octets);
  HelloState state() const noexcept { return state_; }

  const ClientHello& hello() const noexcept { return hello_; }  // REQUIRES: complete

 private:
  bool has_other_version() const noexcept;  // of the record under way, than any TLS has
  HelloState take_header_octet(char octet);
  HelloState take_fragment(std::string_view fragment);

  HelloState state_ = HelloState::incomplete;
  std::array<std::uint8_t, 5> header_{};  // of the record under way
  std::size_t header_size_ = 0;           // as much of it as has come
  std::size_t fragment_left_ = 0;         // octets of the record that are still to come
  std::size_t received_ = 0;
  std::string message_;  // the handshake message, out of its records
  ClientHello hello_;
};

}  // namespace sluice::tls
