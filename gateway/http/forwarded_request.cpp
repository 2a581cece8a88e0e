#include <algorithm>

#include "cache/connection_options.hpp"
#include "gateway/http/characters.hpp"
#include "gateway/http/field_writer.hpp"
#include "gateway/http/forwarded_fields.hpp"

namespace sluice::http {
namespace {

bool is_conditional(FieldName id) {
  switch (id) {
    case FieldName::if_match:
    case FieldName::if_modified_since:
    case FieldName::if_none_match:
    case FieldName::if_unmodified_since:
      return true;
    default:
      return false;
  }
}

// Whether the request's own line is passed on as it is.
bool is_kept(const Field& field, const RequestHead& request, const ForwardOptions& options,
             const cache::ConnectionOptions& connection) {
  switch (field.id) {
    case FieldName::host:
    case FieldName::content_length:
    case FieldName::max_forwards:
      return false;  // generated
    case FieldName::expect:
      return request.expects_continue || !cache::equals_ignoring_case(field.value, "100-continue");
    case FieldName::forwarded:
      if (options.forwarded == ClientAddressField::delete_) { return false; }
      break;
    case FieldName::x_forwarded_for:
      if (options.x_forwarded_for == ClientAddressField::delete_) { return false; }
      break;
    case FieldName::range:
      if (options.drop_range || !options.range.empty()) { return false; }
      break;
    case FieldName::if_range:
      if (options.drop_range) { return false; }
      break;
    case FieldName::proxy_authorization:
      return options.to_parent && options.passes_credentials;
    case FieldName::upgrade:
      return request.wants_upgrade;
    default:
      if (options.validators && is_conditional(field.id)) { return false; }
      break;
  }
  return !connection.is_connection_specific(field);
}

void write_request_line(const RequestHead& request, const TargetUri& target, bool to_parent, std::string& out) {
  out += request.method_text;
  out += ' ';
  // absolute-form to a proxy, origin-form to an origin server, authority-form in CONNECT (RFC 9112 3.2).
  out += to_parent || request.method == Method::connect ? std::string_view(target.text) : target.path_and_query;
  out += " HTTP/1.1\r\n";
}

bool may_have_content(const RequestHead& request) {
  return request.method == Method::post || request.method == Method::put || request.method == Method::patch ||
         cache::find(request.fields, FieldName::content_length) != nullptr;
}

void write_framing(const RequestHead& request, std::string& out) {
  switch (request.framing) {
    case Framing::length:
      write_number_field("Content-Length", request.content_length, out);
      break;
    case Framing::chunked:
      out += "Transfer-Encoding: chunked\r\n";
      break;
    default:
      // "A user agent SHOULD send Content-Length in a request when the method defines a meaning for enclosed content"
      // (RFC 9110 8.6).
      if (request.method != Method::connect && may_have_content(request)) { out += "Content-Length: 0\r\n"; }
  }
}

// "the value of the field-for is a nodename; an IPv6 address is enclosed in square brackets [and quoted]" (RFC 7239 6).
void write_client_address(const ForwardOptions& options, std::string& out) {
  if (options.client_address.empty()) { return; }
  if (options.forwarded == ClientAddressField::add) {
    const bool is_ipv6 = options.client_address.find(':') != std::string_view::npos;
    out += is_ipv6 ? "Forwarded: for=\"[" : "Forwarded: for=";
    out += options.client_address;
    out += is_ipv6 ? "]\"\r\n" : "\r\n";
  }
  if (options.x_forwarded_for == ClientAddressField::add) {
    write_field("X-Forwarded-For", options.client_address, out);
  }
}

// The number, or the largest that there is here: "b) the recipient's maximum supported value" (RFC 9110 7.6.2).
std::optional<std::uint64_t> hops_of(std::string_view text) noexcept {
  constexpr std::uint64_t kMost = 1'000'000'000;
  if (text.empty()) { return std::nullopt; }
  std::uint64_t value = 0;
  for (const char octet : text) {
    if (!is_class(octet, kDigit)) { return std::nullopt; }
    value = std::min(kMost, value * 10 + static_cast<std::uint64_t>(octet - '0'));
  }
  return value;
}

// "generate an updated Max-Forwards field with a field value that is the lesser of a) the received value decremented by
// one" (RFC 9110 7.6.2); for other methods the field is passed on.
void write_max_forwards(const RequestHead& request, std::string& out) {
  if (const auto left = max_forwards(request)) {
    SLUICE_ASSERT(*left > 0, "a request whose Max-Forwards is used up is answered, not forwarded");
    write_number_field("Max-Forwards", *left - 1, out);
    return;
  }
  if (const auto* field = cache::find(request.fields, FieldName::max_forwards)) {
    write_field(field->name, field->value, out);
  }
}

}  // namespace

void write_request_head(const RequestHead& request, const TargetUri& target, const ForwardOptions& options,
                        std::string& out) {
  const cache::ConnectionOptions connection(request.fields);
  write_request_line(request, target, options.to_parent, out);
  write_field("Host", authority_of(target), out);
  if (request.wants_upgrade) { out += "Connection: upgrade\r\n"; }
  for (const auto& field : request.fields) {
    if (is_kept(field, request, options, connection)) { write_field(field.name, field.value, out); }
  }
  if (!options.range.empty()) { write_field("Range", options.range, out); }
  for (const auto& field : options.extra) { write_field(field.name, field.value, out); }
  if (!options.cdn_loop.empty()) { write_field("CDN-Loop", options.cdn_loop, out); }
  write_max_forwards(request, out);
  write_framing(request, out);
  write_client_address(options, out);
  write_via(request.version, options.via_name, out);
  out += "\r\n";
}

std::optional<std::uint64_t> max_forwards(const RequestHead& request) noexcept {
  if (request.method != Method::trace && request.method != Method::options) { return std::nullopt; }
  std::optional<std::uint64_t> least;
  for (const auto& field : request.fields) {
    if (field.id != FieldName::max_forwards) { continue; }
    const auto value = hops_of(field.value);
    if (value) { least = std::min(*value, least.value_or(*value)); }
  }
  return least;
}

std::string_view authority_of(const TargetUri& target) noexcept {
  const std::string_view text = target.text;
  if (target.scheme.empty()) { return text; }
  const auto begin = target.scheme.size() + 3;
  const auto end = std::min(text.find('/', begin), text.size());
  return text.substr(begin, end - begin);
}

// Split at every comma, whatever quotes or comments say: a member too many is seen rather than ours missed.
bool passed_through(Fields fields, std::string_view via_name) noexcept {
  for (const auto& field : fields) {
    if (field.id != FieldName::via) { continue; }
    auto rest = field.value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      auto member = cache::trim(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      const auto protocol_end = member.find_first_of(" \t");
      if (protocol_end == member.npos) { continue; }
      member = cache::trim(member.substr(protocol_end));
      if (cache::equals_ignoring_case(member.substr(0, member.find_first_of(" \t(")), via_name)) { return true; }
    }
  }
  return false;
}

// "cdn-info = cdn-id *( OWS ";" OWS parameter )"; split at every comma, whatever quotes say, as above.
bool looped_through(Fields fields, std::string_view cdn_id) noexcept {
  if (cdn_id.empty()) { return false; }
  for (const auto& field : fields) {
    if (field.id != FieldName::cdn_loop) { continue; }
    for (auto rest = field.value; !rest.empty();) {
      const auto member = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(member.size() + 1, rest.size()));
      if (cache::equals_ignoring_case(cache::trim(member.substr(0, member.find(';'))), cdn_id)) { return true; }
    }
  }
  return false;
}

}  // namespace sluice::http
