#include "gateway/http/head_reader.hpp"

#include <cstring>
#include <limits>

#include "gateway/http/characters.hpp"

namespace sluice::http {
namespace {

using Kind = HeadFault::Kind;

HeadFault syntax(const char* during) {
  return {Kind::syntax, during};
}
HeadFault bad_coding(const char* during) {
  return {Kind::bad_coding, during};
}

// True when one of eight octets is a control octet or DEL; HTAB counts too and is sorted out octet by octet.
bool has_control_octet(const char* at) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  const auto below_space = (word - kOnes * 0x20) & ~word;
  const auto not_delete = word ^ (kOnes * 0x7f);
  const auto is_delete = (not_delete - kOnes) & ~not_delete;
  return ((below_space | is_delete) & kHighs) != 0;
}

HeadFault name_fault(char octet, bool is_empty) {
  if (is_empty) {
    return syntax(octet == ':' ? "parsing the head: empty field name" : "parsing the head: bad field name");
  }
  switch (octet) {
    case ' ':
    case '\t':
      return syntax("parsing the head: space before the colon");
    case '\r':
    case '\n':
      return syntax("parsing the head: field line without a colon");
    default:
      return syntax("parsing the head: bad octet in a field name");
  }
}

bool is_blank(char octet) {
  return octet == ' ' || octet == '\t';
}

// RFC 9110 8.6: Content-Length = 1*DIGIT. A list of equal values may be merged by a recipient; it is refused here, as
// is a value beyond what a file offset holds.
HeadFault read_length(std::string_view value, std::uint64_t& out) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t length = 0;
  for (const char octet : value) {
    if (!is_class(octet, kDigit)) { return syntax("parsing Content-Length: not one decimal number"); }
    const auto digit = static_cast<std::uint64_t>(octet - '0');
    if (length > (kMost - digit) / 10) { return syntax("parsing Content-Length: too large a number"); }
    length = length * 10 + digit;
  }
  if (value.empty()) { return syntax("parsing Content-Length: no number"); }
  out = length;
  return {};
}

// "If any transfer coding other than chunked is applied to a request's content, the sender MUST apply chunked as the
// final transfer coding" (RFC 9112 6.1): other codings with chunked once at the end are understood but not supported;
// anything else leaves the length open.
HeadFault coding_fault(std::string_view value) {
  std::string_view last;
  unsigned others = 0;
  bool well_formed = true;
  cache::for_each_member(value, [&](std::string_view member) {
    if (!last.empty()) { ++others; }
    well_formed = well_formed && is_token(member) && !cache::equals_ignoring_case(last, "chunked");
    last = member;
  });
  if (well_formed && others > 0 && cache::equals_ignoring_case(last, "chunked")) {
    return {Kind::unknown_coding, "parsing Transfer-Encoding: a coding besides chunked"};
  }
  return bad_coding("parsing Transfer-Encoding: not exactly one chunked");
}

// RFC 9110 7.6.1: Connection = #token. Its members decide what is forwarded, so that a malformed one is refused.
template <typename Each>
bool for_each_option(std::string_view value, Each&& each) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    const auto option = cache::trim(value.substr(0, comma));
    if (!option.empty() && !is_token(option)) { return false; }
    if (!option.empty()) { each(option); }
    value = comma == value.npos ? std::string_view() : value.substr(comma + 1);
  }
  return true;
}

// Every option is compared with every field's name when the message is passed on or kept, so the list is bounded.
constexpr std::size_t kMostConnectionOctets = 1024;

HeadFault read_connection(std::string_view value, MessageControl& out) {
  out.connection_octets += value.size();
  if (out.connection_octets > kMostConnectionOctets) { return {Kind::too_many_fields, "parsing Connection: too long"}; }
  const bool well_formed = for_each_option(value, [&](std::string_view option) {
    if (cache::equals_ignoring_case(option, "close")) { out.close = true; }
    if (cache::equals_ignoring_case(option, "keep-alive")) { out.keep_alive = true; }
    if (cache::equals_ignoring_case(option, "upgrade")) { out.upgrade_option = true; }
  });
  return well_formed ? HeadFault{} : syntax("parsing Connection: not a list of tokens");
}

HeadFault read_transfer_encoding(std::string_view value, Version version, MessageControl& out) {
  // "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header field MUST treat the
  // message as if the framing is faulty" (RFC 9112 6.1).
  if (version == Version::http_1_0) { return bad_coding("parsing Transfer-Encoding: in an HTTP/1.0 message"); }
  if (out.is_chunked) { return bad_coding("parsing Transfer-Encoding: repeated"); }
  if (!cache::equals_ignoring_case(value, "chunked")) { return coding_fault(value); }
  out.is_chunked = true;
  return {};
}

// h2c is not passed on: an origin that switched would read what follows as requests that nobody judged.
void read_upgrade(std::string_view value, MessageControl& out) {
  cache::for_each_member(value, [&out](std::string_view protocol) {
    out.has_upgrade = true;
    if (cache::equals_ignoring_case(protocol, "h2c")) { out.upgrades_to_h2c = true; }
  });
}

HeadFault read_control_field(const Field& field, Version version, MessageControl& out) {
  switch (field.id) {
    case FieldName::content_length:
      if (out.has_length) { return syntax("parsing Content-Length: repeated"); }
      out.has_length = true;
      return read_length(field.value, out.length);
    case FieldName::transfer_encoding:
      return read_transfer_encoding(field.value, version, out);
    case FieldName::connection:
      return read_connection(field.value, out);
    case FieldName::proxy_connection:
      out.proxy_close = out.proxy_close || cache::equals_ignoring_case(field.value, "close");
      out.proxy_keep_alive = out.proxy_keep_alive || cache::equals_ignoring_case(field.value, "keep-alive");
      return {};
    case FieldName::host:
      ++out.hosts;
      return {};
    case FieldName::expect:
      out.expects_continue = out.expects_continue || cache::equals_ignoring_case(field.value, "100-continue");
      return {};
    case FieldName::upgrade:
      read_upgrade(field.value, out);
      return {};
    default:
      return {};
  }
}

}  // namespace

const char* skip_field_octets(const char* at, const char* end) noexcept {
  for (;;) {
    while (end - at >= 8 && !has_control_octet(at)) { at += 8; }
    const char* const stop = end - at >= 8 ? at + 8 : end;
    while (at != stop && is_class(*at, kFieldOctet)) { ++at; }
    if (at != stop || at == end) { return at; }
  }
}

HeadFault check_line_end(const char* at, const char* end) noexcept {
  if (at == end) { return syntax("parsing the head: it ends in the middle of a line"); }
  switch (*at) {
    case '\r':
      if (end - at >= 2 && at[1] == '\n') { return {}; }
      return syntax("parsing the head: bare CR");
    case '\n':
      return syntax("parsing the head: bare LF");
    case '\0':
      return syntax("parsing the head: NUL octet");
    default:
      return syntax("parsing the head: control octet");
  }
}

HeadFault read_fields(std::string_view section, std::size_t limit, std::vector<Field>& out) {
  out.clear();
  const char* at = section.data();
  const char* const end = at + section.size();
  for (bool is_first = true;; is_first = false) {
    if (at == end) { return syntax("parsing the head: no empty line at its end"); }
    if (*at == '\r' || *at == '\n') { break; }
    // "A server that receives an obs-fold in a request message [...] MUST either reject the message [...] or replace"
    // (RFC 9112 5.2); 2.2 has the same choice for whitespace before the first field.
    if (is_blank(*at)) {
      return syntax(is_first ? "parsing the head: whitespace before the first field"
                             : "parsing the head: line folding");
    }
    const char* const name = at;
    while (at != end && is_class(*at, kTokenOctet)) { ++at; }
    if (at == end) { return check_line_end(at, end); }
    if (at == name || *at != ':') { return name_fault(*at, at == name); }
    const std::string_view name_text(name, static_cast<std::size_t>(at - name));
    ++at;
    while (at != end && is_blank(*at)) { ++at; }
    const char* const value = at;
    at = skip_field_octets(at, end);
    if (const auto fault = check_line_end(at, end)) { return fault; }
    const char* value_end = at;
    while (value_end != value && is_blank(value_end[-1])) { --value_end; }
    at += 2;
    if (out.size() == limit) { return {Kind::too_many_fields, "parsing the head: too many fields"}; }
    out.push_back({name_text, {value, static_cast<std::size_t>(value_end - value)}, cache::field_name(name_text)});
  }
  if (const auto fault = check_line_end(at, end)) { return fault; }
  return end - at == 2 ? HeadFault{} : syntax("parsing the head: octets behind its end");
}

HeadFault read_control(Fields fields, Version version, MessageControl& out) {
  for (const auto& field : fields) {
    if (field.id == FieldName::other) { continue; }
    if (const auto fault = read_control_field(field, version, out)) { return fault; }
  }
  // "A server MAY reject a request that contains both Content-Length and Transfer-Encoding" (RFC 9112 6.3): it is the
  // usual shape of request smuggling and response splitting.
  if (out.has_length && out.is_chunked) { return syntax("parsing the head: Content-Length with Transfer-Encoding"); }
  return {};
}

}  // namespace sluice::http
