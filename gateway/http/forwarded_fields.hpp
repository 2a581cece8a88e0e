#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/head.hpp"
#include "gateway/http/target_uri.hpp"

namespace sluice::http {

// Heads as the gateway passes them on: written anew from the parsed message, never copied from its octets, so that
// nothing the parser did not understand goes through.

// What happens to a field that tells an origin who the client is.
enum class ClientAddressField : std::uint8_t { add, delete_, leave };

struct ForwardOptions {
  std::string_view via_name;       // received-by in Via: a token or host, our own and no one else's
  bool to_parent = false;          // the next hop is a proxy: absolute-form
  bool passes_credentials = true;  // it gets Proxy-Authorization; nobody else does
  bool drop_range = false;         // Range and If-Range
  std::string_view range;          // value of Range in place of the request's own; empty: its own
  bool validators = false;         // the client's conditional fields are dropped; `extra` may hold others
  std::string_view cdn_loop;       // our id in CDN-Loop; "": no member of ours
  Fields extra;                    // written behind the request's own fields
  ClientAddressField forwarded = ClientAddressField::delete_;
  ClientAddressField x_forwarded_for = ClientAddressField::delete_;
  std::string_view client_address;  // text as by policy::Address, for the two above
};

// Appends the head of the request to the next hop. RFC 9110 7.6, RFC 9112 3.2.
// REQUIRES: max_forwards(request) is not 0. Framing: request.framing, Content-Length or chunked; content is re-framed.
void write_request_head(const RequestHead& request, const TargetUri& target, const ForwardOptions& options,
                        std::string& out);

struct ResponseOptions {
  std::string_view via_name;
  std::string_view cache_status;     // one Cache-Status member, appended behind those received; empty: none
  std::string_view proxy_status;     // likewise for Proxy-Status
  std::string_view date;             // for a response without Date (IMF-fixdate); empty: none is added
  std::optional<std::uint64_t> age;  // replaces Age
  Framing framing = Framing::none;   // how the content is written to this client
  std::uint64_t content_length = 0;  // with Framing::length
  Version client_version = Version::http_1_1;
  bool keep_alive = true;  // the client connection stays open behind this response
  // Answers HEAD: no content follows. Content-Length is what GET would have: content_length with Framing::length, else
  // as received.
  bool to_head = false;
  bool to_connect = false;   // answers CONNECT: no framing field in a 2xx (RFC 9110 9.3.6)
  bool from_parent = false;  // Proxy-Authenticate and Proxy-Authentication-Info are passed on
  Fields extra;              // written behind the response's own fields
};

// Appends the head of the response to the client. A 101 keeps Upgrade. RFC 9110 7.6, RFC 9112 4, 6.
void write_response_head(const ResponseHead& response, const ResponseOptions& options, std::string& out);

// True when a Via member names us as received-by: the message was here before. RFC 9110 7.6.3.
bool passed_through(Fields fields, std::string_view via_name) noexcept;

// True when a CDN-Loop member has this id: the message was here before. RFC 8586 2. False for an empty id.
bool looped_through(Fields fields, std::string_view cdn_id) noexcept;

// Max-Forwards of a TRACE or OPTIONS request, the least when there are several; nullopt for other methods, or when it
// is absent or no number. 0: answer the request here (RFC 9110 7.6.2).
std::optional<std::uint64_t> max_forwards(const RequestHead& request) noexcept;

// host[:port] of the target, as Host has it. A view into target.text.
std::string_view authority_of(const TargetUri& target) noexcept;

}  // namespace sluice::http
