#include "uri/normal_path.hpp"

#include <algorithm>

namespace sluice::uri {
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

// A percent sign that begins no triplet must not become the beginning of one: the normal form of a normal form is that
// form.
bool would_complete_triplet(std::string_view out, char next) noexcept {
  if (hex_value(next) < 0 || out.empty()) { return false; }
  const bool is_digit_behind_percent = out.size() >= 2 && out[out.size() - 2] == '%' && hex_value(out.back()) >= 0;
  return out.back() == '%' || is_digit_behind_percent;
}

// Appends what stands for the three octets "%xy" at the front of `text`.
void append_normal_triplet(std::string_view text, std::string& out) {
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

void append_normal_escapes(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const auto plain = text.substr(0, text.find('%'));
    out += plain;
    text.remove_prefix(plain.size());
    if (text.empty()) { return; }
    if (text.size() < 3 || hex_value(text[1]) < 0 || hex_value(text[2]) < 0) {  // not a triplet: as it stands
      out += '%';
      text.remove_prefix(1);
      continue;
    }
    append_normal_triplet(text, out);
    text.remove_prefix(3);
  }
}

void append_normal_path(std::string_view path_and_query, std::string& out) {
  const auto begin = out.size();
  append_normal_escapes(path_and_query, out);
  if (out.find("/.", begin) != std::string::npos) { remove_dot_segments(out, begin); }
}

bool has_dot_segments(std::string_view path_and_query) {
  std::string path;
  append_normal_escapes(path_and_query.substr(0, path_and_query.find('?')), path);
  for (auto at = path.find("/."); at != std::string::npos; at = path.find("/.", at + 1)) {
    const std::size_t behind = at + (path.compare(at, 3, "/..") == 0 ? 3 : 2);
    if (ends_segment(path, behind)) { return true; }
  }
  return false;
}

bool is_normal_path(std::string_view path_and_query) noexcept {
  return path_and_query.find('%') == std::string_view::npos && path_and_query.find("/.") == std::string_view::npos;
}

}  // namespace sluice::uri
