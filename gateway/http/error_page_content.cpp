#include "gateway/http/error_page_content.hpp"

#include <array>

namespace sluice::http {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// The length of the well-formed UTF-8 sequence at the front of `text`; 0 when there is none (RFC 3629 4).
std::size_t utf8_sequence(std::string_view text) {
  const auto octet = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto is_tail = [octet](std::size_t i) { return (octet(i) & 0xc0U) == 0x80U; };
  const unsigned first = octet(0);
  if (first < 0x80) { return 1; }
  if (first >= 0xc2 && first <= 0xdf) { return is_tail(1) ? 2 : 0; }
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && octet(1) < 0xa0;
    const bool surrogate = first == 0xed && octet(1) > 0x9f;
    return is_tail(1) && is_tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && octet(1) < 0x90;
    const bool beyond = first == 0xf4 && octet(1) > 0x8f;
    return is_tail(1) && is_tail(2) && is_tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// Appends `text`, with what `escape` has instead of single octets, as well-formed UTF-8.
template <typename Escape>
void append_escaped(std::string_view text, std::string& out, Escape escape) {
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    if (length == 0) {
      out += kReplacement;
      text.remove_prefix(1);
      continue;
    }
    if (length > 1 || !escape(text.front())) { out += text.substr(0, length); }
    text.remove_prefix(length);
  }
}

std::string_view title_of_kind(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::http_request_denied:
    case ErrorKind::destination_ip_prohibited:
      return "Blocked by policy";
    case ErrorKind::dns_timeout:
    case ErrorKind::dns_error:
      return "The site's name could not be looked up";
    case ErrorKind::destination_not_found:
      return "There is no site of this name";
    case ErrorKind::destination_unavailable:
    case ErrorKind::destination_ip_unroutable:
    case ErrorKind::connection_refused:
    case ErrorKind::connection_timeout:
      return "The site could not be reached";
    case ErrorKind::connection_terminated:
    case ErrorKind::http_response_incomplete:
      return "The site closed the connection";
    case ErrorKind::connection_read_timeout:
    case ErrorKind::connection_write_timeout:
    case ErrorKind::http_response_timeout:
      return "The site took too long to answer";
    case ErrorKind::http_response_header_section_size:
    case ErrorKind::http_response_transfer_coding:
    case ErrorKind::http_upgrade_failed:
    case ErrorKind::http_protocol_error:
      return "The site's answer could not be understood";
    case ErrorKind::http_response_body_size:
      return "The response is larger than the policy allows";
    case ErrorKind::http_request_error:
      return "The request could not be understood";
    case ErrorKind::connection_limit_reached:
    case ErrorKind::client_limit_reached:
      return "Too many connections";
    case ErrorKind::proxy_loop_detected:
      return "The request came back in a loop";
    case ErrorKind::request_timeout:
      return "The request took too long to arrive";
    case ErrorKind::shutting_down:
      return "The gateway is shutting down";
    case ErrorKind::authentication_required:
      return "Sign in to go on";
    case ErrorKind::only_if_cached:
      return "Not in the cache";
    default:
      return "";
  }
}

bool is_denial(const GeneratedAnswer& answer) {
  return answer.kind == ErrorKind::http_request_denied || answer.kind == ErrorKind::destination_ip_prohibited;
}

// Policy and failure look different from across the room: the bar at the top is red for the one, amber for the other.
constexpr std::string_view kStyle =
    ":root{color-scheme:light dark;--fg:#1c1e21;--dim:#63676d;--bg:#f4f5f7;--card:#fff;--line:#e1e4e8;--bar:#c77700}"
    "@media(prefers-color-scheme:dark){:root{--fg:#e7e9ec;--dim:#9aa0a8;--bg:#131518;--card:#1d2024;--line:#32363c;"
    "--bar:#e09a2b}}"
    "body.denied{--bar:#c62828}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;padding:1.5rem;"
    "background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}"
    "main{width:100%;max-width:40rem;background:var(--card);border:1px solid var(--line);border-top:4px solid "
    "var(--bar);"
    "border-radius:8px;padding:2rem}"
    "h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}"
    "p{margin:0 0 1.5rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.25rem;margin:0;padding-top:1.25rem;"
    "border-top:1px solid var(--line);font-size:.875rem}"
    "dt{color:var(--dim)}"
    "dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,monospace}";

void append_row(std::string_view label, std::string_view value, std::string& out) {
  if (value.empty()) { return; }
  out += "<dt>";
  out += label;
  out += "</dt><dd>";
  append_html_text(value, out);
  out += "</dd>\n";
}

// A URL of http or https, which cannot be a script.
void append_link_row(std::string_view label, std::string_view url, std::string& out) {
  if (url.empty()) { return; }
  out.append("<dt>").append(label).append("</dt><dd><a href=\"");
  append_html_text(url, out);
  out += "\">";
  append_html_text(url, out);
  out += "</a></dd>\n";
}

void append_status_row(const GeneratedAnswer& answer, std::string& out) {
  std::string status = std::to_string(answer.status);
  status += ' ';
  status += reason_phrase(answer.status);
  append_row("Status", status, out);
}

void append_member(std::string_view name, std::string_view value, std::string& out) {
  if (value.empty()) { return; }
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(value, out);
}

}  // namespace

std::string_view title_of(const GeneratedAnswer& answer) noexcept {
  const auto title = answer.kind ? title_of_kind(*answer.kind) : std::string_view();
  if (!title.empty()) { return title; }
  const auto phrase = reason_phrase(answer.status);
  return phrase.empty() ? std::string_view("Error") : phrase;
}

void append_html_text(std::string_view text, std::string& out) {
  append_escaped(text, out, [&out](char octet) {
    switch (octet) {
      case '&':
        out += "&amp;";
        return true;
      case '<':
        out += "&lt;";
        return true;
      case '>':
        out += "&gt;";
        return true;
      case '"':
        out += "&quot;";
        return true;
      case '\'':
        out += "&#39;";
        return true;
      default:
        break;
    }
    if (static_cast<unsigned char>(octet) >= 0x20 && octet != 0x7f) { return false; }
    out += octet == '\n' || octet == '\t' ? std::string_view(" ") : kReplacement;
    return true;
  });
}

void append_json_string(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  append_escaped(text, out, [&out, kDigits](char octet) {
    const auto value = static_cast<unsigned char>(octet);
    if (octet == '"' || octet == '\\') {
      out += '\\';
      out += octet;
      return true;
    }
    if (value >= 0x20 && value != 0x7f) { return false; }
    out += "\\u00";
    out += kDigits[value >> 4U];
    out += kDigits[value & 15U];
    return true;
  });
  out += '"';
}

void append_html_content(const GeneratedAnswer& answer, std::string& out) {
  const auto title = title_of(answer);
  out += "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out +=
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"robots\" "
      "content=\"noindex\">\n";
  out += "<title>";
  append_html_text(title, out);
  out += "</title>\n<style>";
  out += kStyle;
  out += is_denial(answer) ? "</style>\n</head>\n<body class=\"denied\">\n<main>\n<h1>"
                           : "</style>\n</head>\n<body>\n<main>\n<h1>";
  append_html_text(title, out);
  out += "</h1>\n<p>";
  append_html_text(answer.reason.empty() ? reason_phrase(answer.status) : answer.reason, out);
  out += "</p>\n<dl>\n";
  append_row("Address", answer.target, out);
  append_link_row("Redirected to", answer.location, out);
  append_row("Rule", answer.rule, out);
  append_row("Policy", answer.policy_version, out);
  append_row("Error", answer.kind ? to_string(*answer.kind) : std::string_view(), out);
  append_status_row(answer, out);
  append_row("Request", answer.request_id, out);
  append_row("Answered by", answer.gateway, out);
  out += "</dl>\n</main>\n</body>\n</html>\n";
}

void append_json_content(const GeneratedAnswer& answer, std::string& out) {
  out += "{\"source\":\"gateway\",\"status\":";
  out += std::to_string(answer.status);
  append_member("title", title_of(answer), out);
  append_member("error", answer.kind ? to_string(*answer.kind) : std::string_view(), out);
  append_member("reason", answer.reason, out);
  append_member("rule", answer.rule, out);
  append_member("policy_version", answer.policy_version, out);
  append_member("url", answer.target, out);
  append_member("location", answer.location, out);
  append_member("request_id", answer.request_id, out);
  append_member("gateway", answer.gateway, out);
  out += "}\n";
}

}  // namespace sluice::http
