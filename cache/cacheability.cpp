#include "cache/cacheability.hpp"

#include <algorithm>
#include <vector>

#include "cache/cache_control.hpp"
#include "cache/freshness.hpp"
#include "cache/http_date.hpp"
#include "cache/syntax.hpp"
#include "cache/uri.hpp"
#include "cache/vary.hpp"

namespace sluice::cache {
namespace {

// The final statuses of RFC 9110 whose requirements this cache carries out. 206 and 304 are carried out elsewhere
// and never stored as they are.
bool is_understood(int status) noexcept {
  return (status >= 200 && status <= 205) || (status >= 300 && status <= 303) || status == 305 || status == 307 ||
         status == 308 || (status >= 400 && status <= 417) || status == 421 || status == 422 || status == 426 ||
         (status >= 500 && status <= 505);
}

// Content in a GET has no meaning to us but may have one to the origin server, and it is not part of the key
// (RFC 9110 9.3.1: "content received in a GET request has no generally defined semantics").
bool announces_content(const Field& field) noexcept {
  return field.id == FieldName::transfer_encoding || (field.id == FieldName::content_length && field.value != "0");
}

// RFC 9111 4.3.2: "A cache MUST NOT evaluate conditional header fields that only apply to an origin server"; "In
// summary, the If-Match and If-Unmodified-Since conditional header fields are not applicable to a cache".
bool is_for_origin_server(const Field& field) noexcept {
  return field.id == FieldName::if_match || field.id == FieldName::if_unmodified_since;
}

MissCause status_cause(int status) noexcept {
  switch (status) {
    case 206:
    case 416:  // an answer to this Range, not to the URI
      return MissCause::range;
    case 304:  // an answer to these conditions or expectations, not to the URI
    case 412:
    case 417:
      return MissCause::not_admitted;
    default:
      // RFC 9111 3: "the response status code is final (see Section 15 of [HTTP])".
      return status < 200 || status > 599 ? MissCause::error : MissCause::none;
  }
}

// no-store, private and must-understand.
MissCause directive_cause(const RequestView& request, int status, const CacheControl& directives) {
  // RFC 9111 5.2.1.5: "The no-store request directive indicates that a cache MUST NOT store any part of either this
  // request or any response to it."
  if (parse_cache_control(request.fields).no_store) { return MissCause::no_store; }
  // RFC 9111 5.2.2.3: "When the must-understand directive is present" and the status is understood, the cache "SHOULD
  // ignore" no-store; RFC 9111 3: otherwise it does not store.
  if (directives.must_understand && !is_understood(status)) { return MissCause::no_store; }
  // RFC 9111 3: "the no-store cache directive is not present in the response".
  if (directives.no_store && !directives.must_understand) { return MissCause::no_store; }
  // RFC 9111 3: "if the cache is shared: the private response directive is either not present or allows a shared cache
  // to store a modified response".
  return directives.private_ ? MissCause::private_ : MissCause::none;
}

// RFC 9111 3.5: "A shared cache MUST NOT use a cached response to a request with an Authorization header field ...
// unless the response contains a Cache-Control field with a response directive ... that allows it to be stored by a
// shared cache": "must-revalidate", "public" and "s-maxage".
bool forbids_authorized(const RequestView& request, const CacheControl& directives) {
  return find(request.fields, FieldName::authorization) != nullptr && !directives.must_revalidate &&
         !directives.public_ && !directives.s_maxage;
}

// RFC 9111 7.3: "The presence of the Set-Cookie response header field does not inhibit caching". What the origin server
// dated itself is kept; a guess of ours does not hand one user's cookie to others.
bool is_cookie_by_guess(const ResponseView& response, const CacheControl& directives) {
  return find(response.fields, FieldName::set_cookie) != nullptr && !has_explicit_freshness(response, directives);
}

bool is_known_coding(std::string_view coding) noexcept {
  for (const std::string_view known : {"br", "gzip", "x-gzip", "zstd", "identity"}) {
    if (equals_ignoring_case(coding, known)) { return true; }
  }
  return false;
}

// Variants by Accept-Encoding are told apart by the codings in is_known_coding() only; a response in another one could
// reach a client that does not accept it.
bool has_coding_outside_variants(const VaryNames& names, Fields response) {
  if (std::find(names.names.begin(), names.names.end(), "accept-encoding") == names.names.end()) { return false; }
  bool outside = false;
  for (const auto& field : response) {
    if (field.id != FieldName::content_encoding) { continue; }
    for_each_member(field.value, [&](std::string_view coding) { outside = outside || !is_known_coding(coding); });
  }
  return outside;
}

// RFC 9111 4.1: "A stored response with a Vary header field value containing a member "*" always fails to match."
MissCause vary_cause(Fields response) {
  if (find(response, FieldName::vary) == nullptr) { return MissCause::none; }
  const auto names = vary_names(response);
  return names.matches_nothing || has_coding_outside_variants(names, response) ? MissCause::vary : MissCause::none;
}

bool has_validator(const ResponseView& response) noexcept {
  return find(response.fields, FieldName::etag) != nullptr ||
         find(response.fields, FieldName::last_modified) != nullptr;
}

// RFC 9111 3: "the response contains at least one of": public, Expires, max-age, s-maxage, or "a status code that is
// defined as heuristically cacheable".
bool is_dated_or_cacheable(const ResponseView& response, const CacheControl& directives) {
  return directives.public_ || has_explicit_freshness(response, directives) ||
         is_heuristically_cacheable(response.status);
}

// What would never be fresh, cannot be validated and may not be used when stale is of no use to anyone.
bool is_usable_later(const ResponseView& response, const CacheControl& directives) {
  if (has_validator(response)) { return true; }
  if (directives.no_cache) { return false; }
  // The arrival time matters only for what has neither Date nor a validator; there it makes an Expires in the past.
  const bool is_fresh = freshness_lifetime(response, directives, kDateReference) > Seconds{0};
  return is_fresh || directives.stale_while_revalidate || directives.stale_if_error;
}

// RFC 9110 9.3.3: "Responses to POST requests are only cacheable when they include explicit freshness information (see
// Section 4.2.1 of [CACHING]) and a Content-Location header field that has the same value as the POST's target URI ...
// A cached POST response can be reused to satisfy a later GET or HEAD request."
bool is_answer_to_get(const RequestView& request, const ResponseView& response) {
  const auto* location = find(response.fields, FieldName::content_location);
  if (response.status != 200 || location == nullptr) { return false; }
  return has_explicit_freshness(response, response_directives(response.fields)) &&
         resolve(request.uri, location->value) == resolve(request.uri, "");
}

bool is_proxy_field(const Field& field) noexcept {
  return field.name.size() > 6 && equals_ignoring_case(field.name.substr(0, 6), "proxy-");
}

bool is_named(std::string_view name, const std::vector<std::string_view>& names) noexcept {
  return std::any_of(names.begin(), names.end(), [name](auto other) { return equals_ignoring_case(name, other); });
}

}  // namespace

MissCause why_not_lookup(const RequestView& request) {
  if (request.method != "GET" && request.method != "HEAD") { return MissCause::method; }
  for (const auto& field : request.fields) {
    if (announces_content(field) || is_for_origin_server(field)) { return MissCause::bypass; }
  }
  return MissCause::none;
}

MissCause why_not_storable(const RequestView& request, const ResponseView& response) {
  // RFC 9111 3: "the request method is understood by the cache".
  const bool is_for_get = request.method == "POST" && is_answer_to_get(request, response);
  if (request.method != "GET" && !is_for_get) { return MissCause::method; }
  if (!is_for_get && std::any_of(request.fields.begin(), request.fields.end(), announces_content)) {
    return MissCause::bypass;
  }
  if (const auto cause = status_cause(response.status); cause != MissCause::none) { return cause; }
  const auto directives = response_directives(response.fields);
  if (const auto cause = directive_cause(request, response.status, directives); cause != MissCause::none) {
    return cause;
  }
  if (forbids_authorized(request, directives)) { return MissCause::authorization; }
  if (const auto cause = vary_cause(response.fields); cause != MissCause::none) { return cause; }
  if (is_cookie_by_guess(response, directives)) { return MissCause::set_cookie; }
  if (!is_dated_or_cacheable(response, directives)) {
    return response.status >= 500 ? MissCause::error : MissCause::not_admitted;
  }
  return is_usable_later(response, directives) ? MissCause::none : MissCause::not_admitted;
}

bool is_stored_field(const Field& field, const ConnectionOptions& options, const CacheControl& directives) noexcept {
  // RFC 9111 3.1: "The Connection header field and fields whose names are listed in it are required by Section 7.6.1 of
  // [HTTP] to be removed before forwarding the message." "Header fields that are specific to the proxy that a cache
  // uses when forwarding a request MUST NOT be stored".
  if (options.is_connection_specific(field) || is_proxy_field(field)) { return false; }
  // Content-Length is made from the content; trailers are not stored, so neither is their announcement.
  if (field.id == FieldName::content_length || field.id == FieldName::trailer) { return false; }
  // RFC 9111 5.2.2.7: "If a qualified private response directive is present, with an argument that lists one or more
  // field names, then only the listed header fields are limited to a single user: a shared cache MUST NOT store the
  // listed header fields". 5.2.2.4, qualified no-cache: the listed fields are excluded from what is reused.
  return !is_named(field.name, directives.named_fields);
}

std::vector<Field> fields_for_client_alone(Fields response) {
  std::vector<Field> out;
  const auto directives = response_directives(response);
  if (directives.named_fields.empty()) { return out; }
  const ConnectionOptions options(response);
  for (const auto& field : response) {
    const bool is_forwarded = !options.is_connection_specific(field) && field.id != FieldName::content_length;
    if (is_forwarded && is_named(field.name, directives.named_fields)) { out.push_back(field); }
  }
  return out;
}

StoredHead make_stored_head(const RequestView& request, const ResponseView& response, std::string_view key,
                            UnixTime request_time, UnixTime response_time, std::string_view origin_address) {
  const auto directives = response_directives(response.fields);
  const ConnectionOptions options(response.fields);
  std::vector<Field> kept;
  kept.reserve(response.fields.size() + 1);
  bool has_date = false;
  for (const auto& field : response.fields) {
    if (!is_stored_field(field, options, directives)) { continue; }
    if (field.id == FieldName::date) {
      if (has_date || !parse_http_date(field.value, response_time)) { continue; }
      has_date = true;
    }
    kept.push_back(field);
  }
  // RFC 9110 6.6.1: "A recipient with a clock that receives a response message without a Date header field MUST record
  // the time it was received and append a corresponding Date header field to the message's header section if it is
  // cached or forwarded downstream." One that is invalid it "MAY replace".
  const auto date = format_http_date(response_time);
  if (!has_date) { kept.push_back({spelling(FieldName::date), date, FieldName::date}); }

  StoredHead head;
  head.key = key;
  if (find(response.fields, FieldName::vary) != nullptr) {
    head.variant = variant_key(vary_names(response.fields), request.fields);
  }
  head.status = response.status;
  head.fields = OwnedFields(kept);
  head.request_time = request_time;
  head.response_time = response_time;
  head.origin_address = origin_address;
  if (const auto* length = find(response.fields, FieldName::content_length); length != nullptr) {
    head.content_length = parse_count(length->value).value_or(0);
  }
  head.seal();
  return head;
}

}  // namespace sluice::cache
