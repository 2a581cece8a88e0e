#include "cache/invalidation.hpp"

#include <algorithm>

#include "cache/uri.hpp"

namespace sluice::cache {
namespace {

// RFC 9111 4.4: "A cache MUST NOT invalidate a URI under this condition if the origin (see Section 4.3.1 of [HTTP]) of
// the URI to be invalidated differs from that of the target URI (see Section 7.1 of [HTTP])."
void add_if_same_origin(const RequestView& request, const Field* reference, std::vector<std::string>& uris) {
  if (reference == nullptr) { return; }
  const auto uri = resolve(request.uri, reference->value);
  if (!uri || origin_of(*uri) != origin_of(request.uri)) { return; }
  if (std::find(uris.begin(), uris.end(), *uri) == uris.end()) { uris.push_back(*uri); }
}

}  // namespace

// RFC 9110 9.2.1: "Of the request methods defined by this specification, the GET, HEAD, OPTIONS, and TRACE methods are
// defined to be safe."
bool is_safe_method(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

// RFC 9110 9.2.2: "Of the request methods defined by this specification, PUT, DELETE, and safe request methods are
// idempotent."
bool is_idempotent_method(std::string_view method) noexcept {
  return is_safe_method(method) || method == "PUT" || method == "DELETE";
}

std::vector<std::string> invalidated_uris(const RequestView& request, const ResponseView& response) {
  // RFC 9111 4.4: "A cache MUST invalidate the target URI ... when it receives a non-error status code in response to
  // an unsafe request method (including methods whose safety is unknown)." "a "non-error response" is one with a 2xx
  // (Successful) or 3xx (Redirection) status code."
  if (is_safe_method(request.method) || response.status < 200 || response.status > 399) { return {}; }
  std::vector<std::string> uris{std::string(request.uri)};
  // "A cache MAY invalidate other URIs ... In particular, the URI(s) in the Location and Content-Location response
  // header fields (if present) are candidates for invalidation".
  add_if_same_origin(request, find(response.fields, FieldName::location), uris);
  add_if_same_origin(request, find(response.fields, FieldName::content_location), uris);
  return uris;
}

}  // namespace sluice::cache
