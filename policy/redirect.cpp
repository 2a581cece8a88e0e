#include "policy/redirect.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/nearest.hpp"
#include "policy/values.hpp"
#include "uri/normal_path.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kLongestUrl = 2000;
constexpr std::array<std::string_view, 4> kPlaceholders{"{host}", "{path}", "{url}", "{rule}"};

bool is_unreserved(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// RFC 3986 3.3 to 3.5: what stands in path, query and fragment, octets in percent-encoding aside.
bool is_plain(char c) noexcept {
  constexpr std::string_view kMarks = "!$&'()*+,;=:@/?";
  return is_unreserved(c) || kMarks.find(c) != kMarks.npos;
}

void append_encoded(char c, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto octet = static_cast<unsigned char>(c);
  out += '%';
  out += kDigits[octet >> 4U];
  out += kDigits[octet & 15U];
}

void append_encoded(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      append_encoded(c, out);
    }
  }
}

// What the client sent as path and query, which may hold more than a URI does.
void append_path(std::string_view path, std::string& out) {
  if (!path.starts_with('/')) { out += '/'; }
  for (const char c : path) {
    if (is_plain(c) || c == '%') {
      out += c;
    } else {
      append_encoded(c, out);
    }
  }
}

// The parts of a URL, as they are written.
struct Parts {
  std::string_view scheme;
  std::string_view host;  // IPv6 with its brackets
  std::string_view port;  // without the colon
  bool has_port = false;
  std::string_view rest;  // path, query and fragment
};

std::optional<Parts> split(std::string_view url) {
  Parts parts;
  const std::size_t colon = url.find("://");
  if (colon == url.npos) { return std::nullopt; }
  parts.scheme = url.substr(0, colon);
  url.remove_prefix(colon + 3);
  const std::size_t end = std::min({url.find_first_of("/?#"), url.find("{path}"), url.size()});
  parts.rest = url.substr(end);
  parts.host = url.substr(0, end);
  const std::size_t bracket = parts.host.rfind(']');
  const std::size_t port = parts.host.find(':', bracket == parts.host.npos ? 0 : bracket);
  parts.has_port = port != parts.host.npos;
  if (parts.has_port) { parts.port = parts.host.substr(port + 1); }
  parts.host = parts.host.substr(0, port);
  return parts;
}

std::string host_error(const Parts& parts) {
  if (parts.host.find('@') != parts.host.npos || parts.port.find('@') != parts.port.npos) {
    return "a URL to redirect to has no user name in it";
  }
  if (parts.has_port) {
    const auto port = parse_port_value(parts.port);
    if (!port) { return port.error(); }
    if (port->first != port->last || port->first == 0) { return "behind the host's colon stands one port"; }
  }
  if (parts.host == "{host}") { return {}; }
  if (parts.host.find('{') != parts.host.npos) { return "`{host}` is the whole host of the URL, or stands behind it"; }
  const auto host = parse_host_value(parts.host);
  if (!host) { return host.error(); }
  return host->is_suffix ? "the URL names no single host" : "";
}

// Path, query and fragment.
std::string rest_error(std::string_view rest) {
  bool is_in_path = true;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    is_in_path = is_in_path && c != '?' && c != '#';
    if (c == '%') {
      if (i + 2 >= rest.size() || !is_hex(rest[i + 1]) || !is_hex(rest[i + 2])) {
        return "`%` in the URL is followed by two hexadecimal digits";
      }
      continue;
    }
    if (c == '#' && rest.find('#') != i) { return "a second `#` in the URL"; }
    if (is_plain(c) || c == '#') { continue; }
    if (c != '{') { return "the URL holds an octet that no URI has; write it like `%20`"; }
    const std::string_view word = rest.substr(i, rest.find('}', i) - i + 1);
    if (std::ranges::find(kPlaceholders, word) == kPlaceholders.end()) {
      return "`" + std::string(word.substr(0, 40)) +
             "` stands for nothing; there are `{host}`, `{path}`, `{url}` and `{rule}`" +
             did_you_mean(word, kPlaceholders);
    }
    const bool ends_path = is_in_path && i + word.size() == rest.size() && (i == 0 || rest[i - 1] != '/');
    if (word == "{path}" && !ends_path) {
      return "`{path}` brings its own `/` and its query: it ends the URL, as in `https://new.example{path}`";
    }
    if ((word == "{url}" || word == "{rule}") && is_in_path) {
      return "`" + std::string(word) + "` stands behind `?` or `#`, as in `https://portal.example/?from={url}`";
    }
    i += word.size() - 1;
  }
  return {};
}

}  // namespace

std::string redirect_error(std::string_view url) {
  if (url.size() > kLongestUrl) { return "a URL of more than 2000 octets"; }
  const auto parts = split(url);
  if (!parts || (parts->scheme != "http" && parts->scheme != "https")) {
    return "the URL to redirect to begins with `http://` or `https://`";
  }
  std::string error = host_error(*parts);
  return error.empty() ? rest_error(parts->rest) : error;
}

std::string location_of(const Redirect& redirect, const RedirectParts& parts) {
  const std::string_view url = redirect.url;
  const std::size_t host = url.find("://") + 3;
  std::string out;
  for (std::size_t i = 0; i < url.size(); ++i) {
    if (url[i] != '{') {
      out += url[i];
      continue;
    }
    const std::string_view word = url.substr(i, url.find('}', i) - i + 1);
    i += word.size() - 1;
    if (word == "{path}") {
      append_path(parts.path_and_query, out);
    } else if (word == "{url}") {
      append_encoded(parts.url, out);
    } else if (word == "{rule}") {
      append_encoded(parts.rule, out);
    } else if (i + 1 != host + word.size()) {
      append_encoded(parts.host, out);
    } else {
      const bool is_ipv6 = parts.host.find(':') != parts.host.npos;
      out.append(is_ipv6 ? "[" : "").append(parts.host).append(is_ipv6 ? "]" : "");
    }
  }
  return out;
}

RedirectTarget target_of(const Redirect& redirect) {
  const Parts parts = split(redirect.url).value_or(Parts{});
  RedirectTarget target;
  target.scheme = parts.scheme == "https" ? "https" : "http";
  target.port = parts.scheme == "https" ? 443 : 80;
  if (parts.has_port) { target.port = parse_port_value(parts.port).value_or(PortRange{}).first; }
  if (parts.host != "{host}") { target.host = parse_host_value(parts.host).value_or(HostPattern{}).name; }
  if (parts.rest.find('{') == parts.rest.npos) {
    const std::string_view path = parts.rest.substr(0, parts.rest.find('#'));
    uri::append_normal_path((path.starts_with('/') ? "" : "/") + std::string(path), target.path_and_query.emplace());
  }
  return target;
}

}  // namespace sluice::policy
