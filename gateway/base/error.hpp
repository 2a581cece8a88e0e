#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace sluice {

// What went wrong, spelled as in RFC 9209 section 2.3 where it has a word for it. The same word stands in the log, the
// metrics, Proxy-Status and the tool.
enum class ErrorKind : std::uint8_t {
  dns_timeout,
  dns_error,              // the resolver failed or refused
  destination_not_found,  // no such name
  destination_unavailable,
  destination_ip_prohibited,  // policy denies every address of the name
  destination_ip_unroutable,
  connection_refused,
  connection_terminated,     // closed or reset in the middle
  connection_timeout,        // connect limit
  connection_read_timeout,   // idle limit while reading
  connection_write_timeout,  // the peer does not take octets
  connection_limit_reached,
  http_request_error,        // malformed request
  http_request_denied,       // policy
  http_response_incomplete,  // cut
  http_response_header_section_size,
  http_response_body_size,  // larger than policy allows
  http_response_transfer_coding,
  http_response_timeout,  // first-byte limit
  http_upgrade_failed,
  http_protocol_error,    // malformed response
  tls_protocol_error,     // a TLS hello that cannot be read, a handshake that fails
  tls_certificate_error,  // it does not prove the name that was asked for
  tls_alert_received,     // the peer ended the handshake
  proxy_internal_error,
  proxy_configuration_error,
  proxy_loop_detected,
  // Ours; RFC 9209 has no word for them.
  request_timeout,  // the client's head or body came too slowly
  client_gone,      // the client closed or reset
  idle_timeout,     // nothing for the keep-alive limit; not an error of anyone
  shutting_down,
  not_acceptable_method,    // TRACE or OPTIONS that ends here, for the record only
  authentication_required,  // 407: the verdict depends on who the client is
  client_limit_reached,     // 429: the client has as many exchanges open as the policy lets it
  only_if_cached,           // 504 for a miss with only-if-cached
  count_,
};
std::string_view to_string(ErrorKind kind) noexcept;

enum class Side : std::uint8_t { client, upstream, gateway };
std::string_view to_string(Side side) noexcept;

// An error on its way to the place that handles it.
struct Error {
  ErrorKind kind = ErrorKind::proxy_internal_error;
  Side side = Side::gateway;
  int code = 0;  // errno, or the status to answer with when the kind leaves a choice (400, 413, 414, 431, 501, 505)
  bool retry = false;       // nothing of the message was processed by the other side
  const char* during = "";  // a literal: what was being done

  std::string text() const;  // for people: "Connecting failed: Connection refused"
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, Side side, const char* during, int code = 0, bool retry = false) {
  return std::unexpected(Error{kind, side, code, retry, during});
}

// Broken invariants end the process, in release builds too, with a sentence.
[[noreturn]] void assertion_failed(const char* condition, const char* sentence, const char* file, int line) noexcept;
#define SLUICE_ASSERT(condition, sentence) \
  (static_cast<bool>(condition) ? void(0) : ::sluice::assertion_failed(#condition, sentence, __FILE__, __LINE__))

// SLUICE_TRY(head, co_await read_head(...)): in a coroutine, returns the error or names the value.
#define SLUICE_TRY(name, expression)                                        \
  auto name##_result = expression;                                          \
  if (!name##_result) { co_return std::unexpected(name##_result.error()); } \
  [[maybe_unused]] auto name = std::move(*name##_result)

}  // namespace sluice
