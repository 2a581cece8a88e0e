#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cache/fields.hpp"
#include "cache/status.hpp"
#include "gateway/base/error.hpp"

namespace sluice::http {

using cache::Field;
using cache::FieldName;
using cache::Fields;

enum class Version : std::uint8_t { http_1_0, http_1_1 };
enum class Method : std::uint8_t { get, head, post, put, delete_, connect, options, trace, patch, other };

// How the end of a message's content is known (RFC 9112 6.3).
enum class Framing : std::uint8_t { none, length, chunked, until_close };

// Limits on a message head; beyond them it is refused (431, 414).
struct HeadLimits {
  std::size_t head = 64 * 1024;
  std::size_t start_line = 16 * 1024;
  std::size_t fields = 200;
};

// A parsed request head. Views point into the buffer that was parsed and live as long as it.
struct RequestHead {
  Method method = Method::other;
  std::string_view method_text;
  std::string_view target;  // as received
  Version version = Version::http_1_1;
  std::vector<Field> fields;  // capacity kept from one request to the next
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;  // the client allows another request on this connection
  bool expects_continue = false;
  bool wants_upgrade = false;  // Upgrade with Connection: upgrade
};

// A parsed response head, likewise.
struct ResponseHead {
  Version version = Version::http_1_1;
  int status = 0;
  std::string_view reason;
  std::vector<Field> fields;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool has_content_length = false;  // Content-Length was there; also where no content follows (HEAD, 304)
  bool keep_alive = true;
};

// How many octets of `buffer` make a whole head, including the empty line; 0 when the end has not arrived. `scanned` is
// the caller's memory of how far the last call looked, so that the total cost stays linear. Start it at 0 per message.
std::size_t find_head_end(std::string_view buffer, std::size_t& scanned) noexcept;

// False of octets that no request can begin with: TLS, SOCKS and the like, which would never end as a head does.
bool may_begin_request(char first) noexcept;

// Parses a whole head (what find_head_end measured). Strict: anything that could be read in two ways is refused.
// RFC 9112 2 to 6. Errors: http_request_error with code 400, 414, 431, 501 (coding), 505.
// An empty line (CRLF) ahead of the request line is skipped, once (RFC 9112 2.2).
Result<void> parse_request_head(std::string_view head, const HeadLimits& limits, RequestHead& out);

// The error for a request head that fills its limit without ending: 414 while the request line is still coming, else
// 431.
Error head_too_large(std::string_view buffer, const HeadLimits& limits) noexcept;

// `request_method` decides whether content can follow (HEAD, CONNECT; RFC 9112 6.3). Errors: http_protocol_error,
// http_response_header_section_size, http_response_transfer_coding.
Result<void> parse_response_head(std::string_view head, const HeadLimits& limits, Method request_method,
                                 ResponseHead& out);

Method method_of(std::string_view text) noexcept;  // case-sensitive
using cache::reason_phrase;                        // of the registered statuses; "" for any other
bool is_token(std::string_view text) noexcept;

}  // namespace sluice::http
