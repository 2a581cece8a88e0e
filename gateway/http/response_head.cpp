// The status line, and what a response's fields must say (RFC 9112 4, 6.3).

#include "gateway/http/characters.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/head_reader.hpp"

namespace sluice::http {
namespace {

std::unexpected<Error> refuse(const char* during) {
  return fail(ErrorKind::http_protocol_error, Side::upstream, during);
}

std::unexpected<Error> refuse_size(const char* during) {
  return fail(ErrorKind::http_response_header_section_size, Side::upstream, during);
}

std::unexpected<Error> refuse(const HeadFault& fault) {
  switch (fault.kind) {
    case HeadFault::Kind::too_many_fields:
      return refuse_size(fault.during);
    case HeadFault::Kind::bad_coding:
    case HeadFault::Kind::unknown_coding:
      return fail(ErrorKind::http_response_transfer_coding, Side::upstream, fault.during);
    default:
      return refuse(fault.during);
  }
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 4). The second space, which many servers
// leave out with the phrase, is not insisted on. Codes above 599 are passed on: some origins use them, and the framing
// is plain.
Result<void> read_status_line(std::string_view line, ResponseHead& out) {
  if (line.starts_with("HTTP/1.1 ")) {
    out.version = Version::http_1_1;
  } else if (line.starts_with("HTTP/1.0 ")) {
    out.version = Version::http_1_0;
  } else {
    return refuse("parsing the status line: no HTTP/1.0 or HTTP/1.1 response");
  }
  const auto rest = line.substr(9);
  if (rest.size() < 3 || !is_class(rest[0], kDigit) || !is_class(rest[1], kDigit) || !is_class(rest[2], kDigit) ||
      rest[0] == '0' || (rest.size() > 3 && rest[3] != ' ')) {
    return refuse("parsing the status line: bad status");
  }
  out.status = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
  out.reason = rest.size() > 4 ? rest.substr(4) : std::string_view();
  const char* const end = out.reason.data() + out.reason.size();
  if (skip_field_octets(out.reason.data(), end) != end) { return refuse("parsing the status line: control octet"); }
  return {};
}

// "Any response to a HEAD request and any response with a 1xx, 204 or 304 status code is always terminated by the first
// empty line after the header fields, regardless of the header fields present" and "any 2xx response to a CONNECT
// request implies that the connection will become a tunnel" (RFC 9112 6.3).
bool is_without_content(int status, Method request_method) {
  if (status < 200 || status == 204 || status == 304 || request_method == Method::head) { return true; }
  return request_method == Method::connect && status < 300;
}

void decide_framing(const MessageControl& control, Method request_method, ResponseHead& out) {
  out.content_length = control.length;
  out.has_content_length = control.has_length;
  out.keep_alive = !control.close && (out.version == Version::http_1_1 || control.keep_alive);
  if (is_without_content(out.status, request_method)) {
    out.framing = Framing::none;
    // A 204 that announces content may be followed by it: the connection is not used again.
    if (out.status == 204 && (control.is_chunked || control.length > 0)) { out.keep_alive = false; }
  } else if (control.is_chunked) {
    out.framing = Framing::chunked;
  } else if (control.has_length) {
    out.framing = control.length > 0 ? Framing::length : Framing::none;
  } else {
    out.framing = Framing::until_close;
    out.keep_alive = false;
  }
}

}  // namespace

Result<void> parse_response_head(std::string_view head, const HeadLimits& limits, Method request_method,
                                 ResponseHead& out) {
  if (head.size() > limits.head) { return refuse_size("parsing the response head: too large"); }
  const auto line_feed = head.find('\n');
  if (line_feed == head.npos) { return refuse("parsing the status line: no end"); }
  if (line_feed > limits.start_line + 1) { return refuse_size("parsing the status line: too long"); }
  if (line_feed == 0 || head[line_feed - 1] != '\r') { return refuse("parsing the status line: bare LF"); }
  if (auto line = read_status_line(head.substr(0, line_feed - 1), out); !line) { return line; }
  if (const auto fault = read_fields(head.substr(line_feed + 1), limits.fields, out.fields)) { return refuse(fault); }
  MessageControl control;
  if (const auto fault = read_control(out.fields, out.version, control)) { return refuse(fault); }
  decide_framing(control, request_method, out);
  return {};
}

}  // namespace sluice::http
