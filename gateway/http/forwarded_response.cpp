#include "cache/connection_options.hpp"
#include "cache/tags.hpp"
#include "gateway/http/field_writer.hpp"
#include "gateway/http/forwarded_fields.hpp"

namespace sluice::http {
namespace {

constexpr int kSwitchingProtocols = 101;
constexpr int kNoContent = 204;
constexpr int kNotModified = 304;

bool is_interim(int status) {
  return status < 200;
}

bool is_proxy_authentication(const Field& field) {
  return field.id == FieldName::proxy_authenticate ||
         cache::equals_ignoring_case(field.name, "Proxy-Authentication-Info");
}

bool is_kept(const Field& field, const ResponseHead& response, const ResponseOptions& options,
             const cache::ConnectionOptions& connection) {
  if (field.id == FieldName::content_length) { return false; }  // generated
  if (cache::is_for_this_cache(field.id)) { return false; }
  if (cache::holds_tags(field.id)) { return false; }  // for caches
  if (field.id == FieldName::age && options.age) { return false; }
  if (field.id == FieldName::upgrade && response.status == kSwitchingProtocols) { return true; }
  if (options.from_parent && is_proxy_authentication(field)) { return true; }
  return !connection.is_connection_specific(field);
}

void write_status_line(const ResponseHead& response, std::string& out) {
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += response.reason;
  out += "\r\n";
}

// "A server MUST NOT send a Content-Length header field in any response with a status code of 1xx or 204 [or] any 2xx
// response to a CONNECT request" (RFC 9110 8.6), and the same for Transfer-Encoding (RFC 9112 6.1).
bool must_not_have_framing(int status, const ResponseOptions& options) {
  return is_interim(status) || status == kNoContent || (options.to_connect && status < 300);
}

void write_framing(const ResponseHead& response, const ResponseOptions& options, std::string& out) {
  if (must_not_have_framing(response.status, options) || response.status == kNotModified) { return; }
  if (options.to_head) {
    // What GET would have got: when we know it, or the response says so.
    if (options.framing == Framing::length) {
      write_number_field("Content-Length", options.content_length, out);
    } else if (response.has_content_length) {
      write_number_field("Content-Length", response.content_length, out);
    }
    return;
  }
  switch (options.framing) {
    case Framing::none:
      out += "Content-Length: 0\r\n";
      break;
    case Framing::length:
      write_number_field("Content-Length", options.content_length, out);
      break;
    case Framing::chunked:
      out += "Transfer-Encoding: chunked\r\n";
      break;
    case Framing::until_close:
      break;
  }
}

void write_connection(const ResponseHead& response, const ResponseOptions& options, std::string& out) {
  if (response.status == kSwitchingProtocols) {
    out += "Connection: upgrade\r\n";
  } else if (is_interim(response.status)) {
    return;
  } else if (!options.keep_alive) {
    out += "Connection: close\r\n";
  } else if (options.client_version == Version::http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
}

}  // namespace

void write_response_head(const ResponseHead& response, const ResponseOptions& options, std::string& out) {
  const cache::ConnectionOptions connection(response.fields);
  write_status_line(response, out);
  for (const auto& field : response.fields) {
    if (is_kept(field, response, options, connection)) { write_field(field.name, field.value, out); }
  }
  for (const auto& field : options.extra) { write_field(field.name, field.value, out); }
  // "A recipient with a clock that receives a response message without a Date header field MUST record the time it was
  // received and append a corresponding Date header field [...] if it is cached or forwarded downstream" (RFC
  // 9110 6.6.1).
  if (!options.date.empty() && !is_interim(response.status) &&
      cache::find(response.fields, FieldName::date) == nullptr) {
    write_field("Date", options.date, out);
  }
  if (options.age) { write_number_field("Age", *options.age, out); }
  write_framing(response, options, out);
  write_connection(response, options, out);
  write_via(response.version, options.via_name, out);
  if (!options.cache_status.empty()) { write_field("Cache-Status", options.cache_status, out); }
  if (!options.proxy_status.empty()) { write_field("Proxy-Status", options.proxy_status, out); }
  out += "\r\n";
}

}  // namespace sluice::http
