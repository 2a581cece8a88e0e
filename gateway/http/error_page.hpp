#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/error.hpp"
#include "gateway/http/head.hpp"

namespace sluice::http {

// A response that the gateway makes itself: a denial, a failure, or a redirect. All texts may be empty but `gateway`
// and `date`; they come from clients and rules and are escaped here.
struct GeneratedAnswer {
  int status = 500;
  std::optional<ErrorKind> kind;  // http_request_denied makes it a denial
  std::string_view reason;        // one sentence for the reader
  std::string_view rule;          // id of the rule that denied
  std::string_view policy_version;
  std::string_view request_id;
  std::string_view target;    // target URI
  std::string_view location;  // where a redirect leads; not the field, which is in `extra`
  std::string_view gateway = "sluice";
  std::string_view accept;      // the client's Accept, all lines combined
  std::string_view date;        // IMF-fixdate
  Method method = Method::get;  // HEAD gets the head only
  bool keep_alive = false;      // the connection stays open behind it
  Fields extra;                 // Allow, Retry-After, Proxy-Authenticate, ...
};

// Appends head and content; gives the octets of the head. HTML, or JSON when `accept` prefers it. RFC 9110 15, RFC
// 9209.
std::size_t append_answer(const GeneratedAnswer& answer, std::string& out);

// True when `accept` ranks application/json above text/html; equal ranks are decided by which is named outright.
bool prefers_json(std::string_view accept) noexcept;

// The RFC 9209 section 2.3 type for `kind`; ours that have none get the nearest.
std::string_view proxy_error_type(ErrorKind kind) noexcept;

// Appends one Proxy-Status member: `sluice; error=connection_refused; details="..."`.
void append_proxy_status(std::string_view gateway, std::optional<ErrorKind> kind, std::string_view details,
                         std::string& out);

}  // namespace sluice::http
