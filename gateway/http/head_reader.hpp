#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/http/head.hpp"

namespace sluice::http {

// What the parsers of request and response heads share: field lines, and what they say about framing and the
// connection.

// Why a head is refused, before its side gives it an error kind.
struct HeadFault {
  enum class Kind : std::uint8_t { none, syntax, too_many_fields, bad_coding, unknown_coding };
  Kind kind = Kind::none;
  const char* during = "";  // a literal

  explicit operator bool() const noexcept { return kind != Kind::none; }
};

// Reads the field lines that follow the start line, up to and including the empty line, which must end `section`.
// Cost: linear, one look at each octet. RFC 9112 5.
HeadFault read_fields(std::string_view section, std::size_t limit, std::vector<Field>& out);

// Skips octets that a field value or a reason phrase may hold. Returns the first other one.
const char* skip_field_octets(const char* at, const char* end) noexcept;

// What is wrong with a line that ends at `at` otherwise than with CRLF; none when it ends well. `at` may equal `end`.
HeadFault check_line_end(const char* at, const char* end) noexcept;

// What the fields say about the message as a whole.
struct MessageControl {
  bool close = false;           // Connection: close
  bool keep_alive = false;      // Connection: keep-alive
  bool upgrade_option = false;  // Connection: upgrade
  bool proxy_close = false;     // Proxy-Connection, which some clients send to a proxy instead
  bool proxy_keep_alive = false;
  bool has_length = false;
  bool is_chunked = false;
  bool expects_continue = false;
  bool has_upgrade = false;  // Upgrade names a protocol
  bool upgrades_to_h2c = false;
  std::uint64_t length = 0;
  unsigned hosts = 0;
  std::size_t connection_octets = 0;
};

// Errors: several or malformed Content-Length, Transfer-Encoding that is not exactly one `chunked`, both of them,
// either in a message whose version cannot have it, Connection that is no list of tokens. RFC 9112 6.1, 6.2, 6.3.
HeadFault read_control(Fields fields, Version version, MessageControl& out);

}  // namespace sluice::http
