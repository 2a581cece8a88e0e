// The request line, and what a request's fields must say (RFC 9112 3, 6.3).

#include <algorithm>

#include "gateway/http/characters.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/head_reader.hpp"

namespace sluice::http {
namespace {

std::unexpected<Error> refuse(const char* during, int status = 400) {
  return fail(ErrorKind::http_request_error, Side::client, during, status);
}

int status_of(HeadFault::Kind kind) {
  switch (kind) {
    case HeadFault::Kind::too_many_fields:
      return 431;
    case HeadFault::Kind::unknown_coding:
      return 501;
    default:
      return 400;
  }
}

// "get" is a method of its own (RFC 9110 9.1), but some servers take it for GET. Two readings: refused.
bool differs_by_case_only(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char octet) { return octet >= 'a' && octet <= 'z' ? static_cast<char>(octet & ~0x20) : octet; });
  return method_of(upper) != Method::other;
}

Result<void> read_method(std::string_view text, RequestHead& out) {
  if (!is_token(text)) { return refuse("parsing the request line: bad method"); }
  out.method_text = text;
  out.method = method_of(text);
  if (out.method == Method::other && text.size() <= 7 && differs_by_case_only(text)) {
    return refuse("parsing the request line: method in the wrong case");
  }
  return {};
}

// RFC 9112 2.3: HTTP-version = "HTTP/" DIGIT "." DIGIT.
Result<void> read_version(std::string_view text, RequestHead& out) {
  if (text == "HTTP/1.1") {
    out.version = Version::http_1_1;
    return {};
  }
  if (text == "HTTP/1.0") {
    out.version = Version::http_1_0;
    return {};
  }
  const bool well_formed = text.size() == 8 && text.starts_with("HTTP/") && is_class(text[5], kDigit) &&
                           text[6] == '.' && is_class(text[7], kDigit);
  return well_formed ? refuse("parsing the request line: only HTTP/1.0 and HTTP/1.1 are spoken", 505)
                     : refuse("parsing the request line: bad version");
}

// request-line = method SP request-target SP HTTP-version, with exactly these two spaces. "Recipients SHOULD respond
// with 400 [...] rather than autocorrect" (RFC 9112 3.2).
Result<void> read_request_line(std::string_view line, RequestHead& out) {
  const auto first = line.find(' ');
  if (first == line.npos) { return refuse("parsing the request line: not three words"); }
  if (auto method = read_method(line.substr(0, first), out); !method) { return method; }
  std::size_t at = first + 1;
  while (at < line.size() && is_class(line[at], kTargetOctet)) { ++at; }
  out.target = line.substr(first + 1, at - first - 1);
  if (out.target.empty()) { return refuse("parsing the request line: no target"); }
  if (at == line.size()) { return refuse("parsing the request line: no version"); }
  if (line[at] != ' ') { return refuse("parsing the request line: bad octet in the target"); }
  return read_version(line.substr(at + 1), out);
}

// RFC 9112 6.3, for a request: chunked, a length, or no content.
Result<void> decide_framing(const MessageControl& control, RequestHead& out) {
  out.framing = control.is_chunked ? Framing::chunked : Framing::none;
  out.content_length = control.length;
  if (control.has_length && control.length > 0) { out.framing = Framing::length; }
  const bool has_content = out.framing != Framing::none;
  // What follows the head of a CONNECT is the tunnel (RFC 9110 9.3.6). A zero length, which old clients send, agrees.
  if (has_content && out.method == Method::connect) { return refuse("parsing the head: content in a CONNECT request"); }
  // "A client MUST NOT send content in a TRACE request" (RFC 9110 9.3.8).
  if (has_content && out.method == Method::trace) { return refuse("parsing the head: content in a TRACE request"); }
  return {};
}

// RFC 9112 9.3.
bool may_keep_alive(const MessageControl& control, Version version) {
  if (control.close || control.proxy_close) { return false; }
  return version == Version::http_1_1 || control.keep_alive || control.proxy_keep_alive;
}

Result<void> read_fields_of_request(std::string_view section, const HeadLimits& limits, RequestHead& out) {
  if (const auto fault = read_fields(section, limits.fields, out.fields)) {
    return refuse(fault.during, status_of(fault.kind));
  }
  MessageControl control;
  if (const auto fault = read_control(out.fields, out.version, control)) {
    return refuse(fault.during, status_of(fault.kind));
  }
  // "A server MUST respond with a 400 to any HTTP/1.1 request message that lacks a Host header field and to any request
  // message that contains more than one" (RFC 9112 3.2).
  const bool is_1_1 = out.version == Version::http_1_1;
  if (control.hosts > 1) { return refuse("parsing Host: repeated"); }
  if (control.hosts == 0 && is_1_1) { return refuse("parsing the head: no Host"); }
  if (auto framing = decide_framing(control, out); !framing) { return framing; }
  out.keep_alive = may_keep_alive(control, out.version);
  // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that expectation" (RFC
  // 9110 10.1.1).
  out.expects_continue = is_1_1 && control.expects_continue && out.framing != Framing::none;
  // "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request" (RFC 9110 7.8).
  out.wants_upgrade = is_1_1 && control.upgrade_option && control.has_upgrade && !control.upgrades_to_h2c;
  return {};
}

}  // namespace

Error head_too_large(std::string_view buffer, const HeadLimits& limits) noexcept {
  const auto line = std::min(buffer.find('\n', buffer.starts_with("\r\n") ? 2 : 0), buffer.size());
  if (line > limits.start_line) { return refuse("reading the request line: too long", 414).error(); }
  return refuse("reading the head: too large", 431).error();
}

bool may_begin_request(char first) noexcept {
  return is_class(first, kTokenOctet) || first == '\r' || first == '\n';
}

Result<void> parse_request_head(std::string_view head, const HeadLimits& limits, RequestHead& out) {
  // "A server that is expecting to receive and parse a request-line SHOULD ignore at least one empty line (CRLF)
  // received prior to the request-line" (RFC 9112 2.2): one is, a second is not.
  if (head.starts_with("\r\n")) { head.remove_prefix(2); }
  const auto line_feed = head.find('\n');
  if (line_feed == head.npos) { return refuse("parsing the request line: no end"); }
  if (line_feed + 1 > limits.start_line + 2) { return refuse("parsing the request line: too long", 414); }
  if (head.size() > limits.head) { return refuse("parsing the head: too large", 431); }
  if (line_feed == 0 || head[line_feed - 1] != '\r') { return refuse("parsing the request line: bare LF"); }
  if (auto line = read_request_line(head.substr(0, line_feed - 1), out); !line) { return line; }
  return read_fields_of_request(head.substr(line_feed + 1), limits, out);
}

}  // namespace sluice::http
