#include "gateway/http/error_page.hpp"

#include <algorithm>

#include "gateway/http/error_page_content.hpp"
#include "gateway/http/field_writer.hpp"

namespace sluice::http {
namespace {

// A quality value in thousandths (RFC 9110 12.4.2); a malformed one counts as 1, as if it were not there.
int quality_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const auto semicolon = std::min(parameters.find(';'), parameters.size());
    const auto parameter = cache::trim(parameters.substr(0, semicolon));
    parameters.remove_prefix(std::min(semicolon + 1, parameters.size()));
    if (parameter.size() < 3 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=') { continue; }
    int value = parameter[2] == '1' ? 1000 : 0;
    int unit = 100;
    for (std::size_t i = 4; i < parameter.size() && unit > 0; ++i, unit /= 10) {
      if (parameter[i] >= '0' && parameter[i] <= '9') { value += (parameter[i] - '0') * unit; }
    }
    return std::min(value, 1000);
  }
  return 1000;
}

// How well a media type is wanted: by the most specific range that matches it (RFC 9110 12.5.1).
struct Rank {
  int specificity = 0;  // 3 the type itself, 2 its family, 1 any, 0 none
  int quality = 0;

  void offer(int offered, int offered_quality) noexcept {
    if (offered < specificity || (offered == specificity && offered_quality <= quality)) { return; }
    specificity = offered;
    quality = offered_quality;
  }
};

bool is_json(std::string_view type) {
  return cache::equals_ignoring_case(type, "application/json") ||
         cache::equals_ignoring_case(type, "application/problem+json");
}

bool is_html(std::string_view type) {
  return cache::equals_ignoring_case(type, "text/html") || cache::equals_ignoring_case(type, "application/xhtml+xml");
}

bool is_sf_token(std::string_view text) {
  const char first = text.empty() ? '0' : text.front();
  const bool starts_well = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '*';
  return starts_well && is_token(text);
}

// An sf-string (RFC 8941 3.3.3) holds printable ASCII only.
void append_sf_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char octet : text) {
    if (octet == '"' || octet == '\\') { out += '\\'; }
    out += octet >= 0x20 && octet < 0x7f ? octet : '?';
  }
  out += '"';
}

// Field values must not hold what ends a line, wherever they come from.
void write_safe_field(const Field& field, std::string& out) {
  if (field.value.find_first_of(std::string_view("\r\n\0", 3)) == field.value.npos && is_token(field.name)) {
    write_field(field.name, field.value, out);
  }
}

std::string details_of(const GeneratedAnswer& answer) {
  std::string details(answer.reason);
  if (!answer.rule.empty()) {
    if (!details.empty()) { details += ' '; }
    details += "(rule ";
    details += answer.rule;
    details += ')';
  }
  return details;
}

void append_head(const GeneratedAnswer& answer, bool as_json, std::size_t content_length, std::string& out) {
  out += "HTTP/1.1 ";
  out += std::to_string(answer.status);
  out += ' ';
  out += reason_phrase(answer.status);
  out += "\r\n";
  write_field("Date", answer.date, out);
  write_field("Content-Type", as_json ? "application/json" : "text/html; charset=utf-8", out);
  write_number_field("Content-Length", content_length, out);
  write_field("Cache-Control", "no-store", out);
  out += "Proxy-Status: ";
  append_proxy_status(answer.gateway, answer.kind, details_of(answer), out);
  // An extension parameter (RFC 9209 2.2), for whoever gets no content: HEAD, and a browser whose CONNECT was refused.
  if (!answer.request_id.empty()) {
    out += "; request=";
    append_sf_string(answer.request_id, out);
  }
  out += "\r\nVary: Accept\r\nX-Content-Type-Options: nosniff\r\n";
  write_field(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      out);
  for (const auto& field : answer.extra) { write_safe_field(field, out); }
  write_field("Connection", answer.keep_alive ? "keep-alive" : "close", out);
  out += "\r\n";
}

}  // namespace

std::size_t append_answer(const GeneratedAnswer& answer, std::string& out) {
  const bool as_json = prefers_json(answer.accept);
  std::string content;
  if (as_json) {
    append_json_content(answer, content);
  } else {
    append_html_content(answer, content);
  }
  const auto begin = out.size();
  append_head(answer, as_json, content.size(), out);
  const auto head = out.size() - begin;
  if (answer.method != Method::head) { out += content; }
  return head;
}

bool prefers_json(std::string_view accept) noexcept {
  Rank json;
  Rank html;
  cache::for_each_member(accept, [&](std::string_view range) {
    const auto semicolon = std::min(range.find(';'), range.size());
    const auto type = cache::trim(range.substr(0, semicolon));
    const int quality = quality_of(range.substr(semicolon));
    if (is_json(type)) { json.offer(3, quality); }
    if (is_html(type)) { html.offer(3, quality); }
    if (cache::equals_ignoring_case(type, "application/*")) { json.offer(2, quality); }
    if (cache::equals_ignoring_case(type, "text/*")) { html.offer(2, quality); }
    if (type == "*/*") {
      json.offer(1, quality);
      html.offer(1, quality);
    }
  });
  if (json.quality != html.quality) { return json.quality > html.quality; }
  return json.quality > 0 && json.specificity > html.specificity;
}

std::string_view proxy_error_type(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::request_timeout:
    case ErrorKind::client_gone:
      return to_string(ErrorKind::http_request_error);
    case ErrorKind::authentication_required:
      return to_string(ErrorKind::http_request_denied);
    // "The proxy generated the response itself without attempting to connect to the next hop" (RFC 9209 2.3.31).
    case ErrorKind::idle_timeout:
    case ErrorKind::shutting_down:
    case ErrorKind::not_acceptable_method:
    case ErrorKind::only_if_cached:
    case ErrorKind::client_limit_reached:
      return "proxy_internal_response";
    default:
      return to_string(kind);
  }
}

void append_proxy_status(std::string_view gateway, std::optional<ErrorKind> kind, std::string_view details,
                         std::string& out) {
  if (is_sf_token(gateway)) {
    out += gateway;
  } else {
    append_sf_string(gateway, out);
  }
  if (kind) {
    out += "; error=";
    out += proxy_error_type(*kind);
  }
  if (!details.empty()) {
    out += "; details=";
    append_sf_string(details, out);
  }
}

}  // namespace sluice::http
