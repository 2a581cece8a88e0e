#include "gateway/base/error.hpp"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sluice {

// No default: the compiler names a kind that has no word yet.
std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::dns_timeout:
      return "dns_timeout";
    case ErrorKind::dns_error:
      return "dns_error";
    case ErrorKind::destination_not_found:
      return "destination_not_found";
    case ErrorKind::destination_unavailable:
      return "destination_unavailable";
    case ErrorKind::destination_ip_prohibited:
      return "destination_ip_prohibited";
    case ErrorKind::destination_ip_unroutable:
      return "destination_ip_unroutable";
    case ErrorKind::connection_refused:
      return "connection_refused";
    case ErrorKind::connection_terminated:
      return "connection_terminated";
    case ErrorKind::connection_timeout:
      return "connection_timeout";
    case ErrorKind::connection_read_timeout:
      return "connection_read_timeout";
    case ErrorKind::connection_write_timeout:
      return "connection_write_timeout";
    case ErrorKind::connection_limit_reached:
      return "connection_limit_reached";
    case ErrorKind::http_request_error:
      return "http_request_error";
    case ErrorKind::http_request_denied:
      return "http_request_denied";
    case ErrorKind::http_response_incomplete:
      return "http_response_incomplete";
    case ErrorKind::http_response_header_section_size:
      return "http_response_header_section_size";
    case ErrorKind::http_response_body_size:
      return "http_response_body_size";
    case ErrorKind::http_response_transfer_coding:
      return "http_response_transfer_coding";
    case ErrorKind::http_response_timeout:
      return "http_response_timeout";
    case ErrorKind::http_upgrade_failed:
      return "http_upgrade_failed";
    case ErrorKind::http_protocol_error:
      return "http_protocol_error";
    case ErrorKind::tls_protocol_error:
      return "tls_protocol_error";
    case ErrorKind::tls_certificate_error:
      return "tls_certificate_error";
    case ErrorKind::tls_alert_received:
      return "tls_alert_received";
    case ErrorKind::proxy_internal_error:
      return "proxy_internal_error";
    case ErrorKind::proxy_configuration_error:
      return "proxy_configuration_error";
    case ErrorKind::proxy_loop_detected:
      return "proxy_loop_detected";
    case ErrorKind::request_timeout:
      return "request_timeout";
    case ErrorKind::client_gone:
      return "client_gone";
    case ErrorKind::idle_timeout:
      return "idle_timeout";
    case ErrorKind::shutting_down:
      return "shutting_down";
    case ErrorKind::not_acceptable_method:
      return "not_acceptable_method";
    case ErrorKind::authentication_required:
      return "authentication_required";
    case ErrorKind::client_limit_reached:
      return "client_limit_reached";
    case ErrorKind::only_if_cached:
      return "only_if_cached";
    case ErrorKind::count_:
      break;
  }
  return "unknown";
}

std::string_view to_string(Side side) noexcept {
  switch (side) {
    case Side::client:
      return "client";
    case Side::upstream:
      return "upstream";
    case Side::gateway:
      return "gateway";
  }
  return "unknown";
}

// `code` is a status where a request was refused, and else an errno.
std::string Error::text() const {
  if (*during == '\0') { return std::string(to_string(kind)); }
  std::string out(during);
  out.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(out.front())));
  // What was being done may say itself what was wrong with it.
  if (out.find(':') == out.npos) { out += " failed"; }
  if (code == 0 || kind == ErrorKind::http_request_error) { return out; }
  const char* const description = strerrordesc_np(code);
  return out.append(": ").append(description != nullptr ? std::string(description) : std::to_string(code));
}

void assertion_failed(const char* condition, const char* sentence, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: broken invariant: %s (%s)\n", file, line, sentence, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace sluice
