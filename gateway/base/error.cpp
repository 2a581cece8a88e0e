#include "gateway/base/error.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sluice {
namespace {

// The order of ErrorKind.
constexpr auto kErrorWords = std::to_array<std::string_view>({
    "dns_timeout",
    "dns_error",
    "destination_not_found",
    "destination_ip_prohibited",
    "destination_ip_unroutable",
    "connection_refused",
    "connection_terminated",
    "connection_timeout",
    "connection_read_timeout",
    "connection_write_timeout",
    "connection_limit_reached",
    "http_request_error",
    "http_request_denied",
    "http_response_incomplete",
    "http_response_header_section_size",
    "http_response_transfer_coding",
    "http_response_timeout",
    "http_upgrade_failed",
    "http_protocol_error",
    "proxy_internal_error",
    "proxy_configuration_error",
    "proxy_loop_detected",
    "request_timeout",
    "client_gone",
    "idle_timeout",
    "shutting_down",
    "not_acceptable_method",
    "only_if_cached",
});
static_assert(kErrorWords.size() == static_cast<std::size_t>(ErrorKind::count_), "one word for every kind");

// `code` is an errno or a response status; errno values end long before 400.
constexpr int kFirstStatus = 400;

void append_code(int code, std::string& out) {
  const char* description = code < kFirstStatus ? strerrordesc_np(code) : nullptr;
  out += description != nullptr ? std::string(description) : std::to_string(code);
}

}  // namespace

std::string_view to_string(ErrorKind kind) noexcept {
  const auto index = static_cast<std::size_t>(kind);
  return index < kErrorWords.size() ? kErrorWords[index] : std::string_view("unknown");
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

std::string Error::text() const {
  std::string out(to_string(kind));
  if (during != nullptr && *during != '\0') {
    out += " while ";
    out += during;
  }
  out += " (";
  out += to_string(side);
  if (code != 0) {
    out += ", ";
    append_code(code, out);
  }
  out += ')';
  return out;
}

void assertion_failed(const char* condition, const char* sentence, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: broken invariant: %s (%s)\n", file, line, sentence, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace sluice
