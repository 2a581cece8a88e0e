#include "cache/cache_key.hpp"

#include <algorithm>

namespace sluice::cache {
namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') { return c - '0'; }
  if (c >= 'a' && c <= 'f') { return c - 'a' + 10; }
  if (c >= 'A' && c <= 'F') { return c - 'A' + 10; }
  return -1;
}

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// A percent sign that begins no triplet must not become the beginning of one: the key of a key is that key.
bool would_complete_triplet(std::string_view out, char next) noexcept {
  if (hex_value(next) < 0 || out.empty()) { return false; }
  const bool is_digit_behind_percent = out.size() >= 2 && out[out.size() - 2] == '%' && hex_value(out.back()) >= 0;
  return out.back() == '%' || is_digit_behind_percent;
}

// Appends what stands for the three octets "%xy" at the front of `text`.
void append_normalised_triplet(std::string_view text, std::string& out) {
  const auto decoded = static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]));
  // RFC 3986 6.2.2.2: URIs "should be normalized by decoding any percent-encoded octet that corresponds to an
  // unreserved character".
  if (is_unreserved(decoded) && !would_complete_triplet(out, decoded)) {
    out += decoded;
    return;
  }
  // RFC 3986 6.2.2.1: "the hexadecimal digits within a percent-encoding triplet ... should be normalized to use
  // uppercase letters for the digits A-F".
  static constexpr char kDigits[] = "0123456789ABCDEF";
  out += '%';
  out += kDigits[hex_value(text[1])];
  out += kDigits[hex_value(text[2])];
}

// Where the path begins: after the authority, or at 0 when there is none.
std::size_t path_start(std::string_view uri) noexcept {
  const auto scheme = uri.find("://");
  if (scheme == std::string_view::npos) { return 0; }
  const auto end = uri.find_first_of("/?", scheme + 3);
  return end == std::string_view::npos ? uri.size() : end;
}

bool ends_segment(std::string_view path, std::size_t at) noexcept {
  return at == path.size() || path[at] == '/' || path[at] == '?';
}

// RFC 3986 6.2.2.3: "URI normalizers should remove dot-segments by applying the remove_dot_segments algorithm to the
// path". `path` is where it begins; what follows a question mark is no path.
void remove_dot_segments(std::string& uri, std::size_t path) {
  const std::string rest = uri.substr(path);
  uri.resize(path);
  for (std::size_t at = 0; at < rest.size();) {
    const auto left = std::string_view(rest).substr(at);
    if (left[0] == '?') {
      uri += left;
      return;
    }
    const bool is_here = left.starts_with("/.") && ends_segment(left, 2);
    const bool is_up = left.starts_with("/..") && ends_segment(left, 3);
    if (!is_here && !is_up) {
      const auto end = std::min(left.find_first_of("/?", 1), left.size());
      uri += left.substr(0, end);
      at += end;
      continue;
    }
    if (is_up) { uri.resize(std::max(uri.rfind('/') == std::string::npos ? path : uri.rfind('/'), path)); }
    at += is_up ? 3 : 2;
    if (at == rest.size() || rest[at] == '?') { uri += '/'; }
  }
}

}  // namespace

bool is_normal_uri(std::string_view uri) noexcept {
  return uri.find('%') == std::string_view::npos && uri.find("/.") == std::string_view::npos &&
         uri.find('#') == std::string_view::npos;
}

void make_cache_key(std::string_view uri, std::string& out) {
  uri = uri.substr(0, uri.find('#'));
  const auto path = path_start(uri);
  out.assign(uri.substr(0, path));
  // RFC 9110 4.2.3: "an empty path component is equivalent to an absolute path of "/"".
  if (path > 0 && (path == uri.size() || uri[path] == '?')) { out += '/'; }
  uri.remove_prefix(path);
  while (!uri.empty()) {
    const auto plain = uri.substr(0, uri.find('%'));
    out += plain;
    uri.remove_prefix(plain.size());
    if (uri.empty()) { break; }
    if (uri.size() < 3 || hex_value(uri[1]) < 0 || hex_value(uri[2]) < 0) {  // not a triplet: as it stands
      out += '%';
      uri.remove_prefix(1);
      continue;
    }
    append_normalised_triplet(uri, out);
    uri.remove_prefix(3);
  }
  if (out.find("/.", path) != std::string::npos) { remove_dot_segments(out, path); }
}

}  // namespace sluice::cache
