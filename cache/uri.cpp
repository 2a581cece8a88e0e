#include "cache/uri.hpp"

#include <algorithm>

#include "cache/fields.hpp"
#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

struct UriParts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view path_and_query;
  bool has_authority = false;
};

bool is_scheme(std::string_view text) noexcept {
  const auto is_letter = [](char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; };
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

UriParts split(std::string_view uri) noexcept {
  UriParts parts;
  uri = uri.substr(0, uri.find('#'));
  const auto colon = uri.find_first_of(":/?");
  if (colon != std::string_view::npos && uri[colon] == ':' && is_scheme(uri.substr(0, colon))) {
    parts.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (uri.starts_with("//")) {
    uri.remove_prefix(2);
    parts.has_authority = true;
    parts.authority = uri.substr(0, uri.find_first_of("/?"));
    uri.remove_prefix(parts.authority.size());
  }
  parts.path_and_query = uri;
  return parts;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

std::optional<std::string> make_origin(std::string_view scheme, std::string_view authority) {
  const auto scheme_word = lower_case(scheme);
  const std::string_view default_port = scheme_word == "http" ? ":80" : scheme_word == "https" ? ":443" : "";
  if (default_port.empty() || authority.empty() || authority.find('@') != std::string_view::npos) {
    return std::nullopt;
  }
  if (authority.ends_with(default_port)) { authority.remove_suffix(default_port.size()); }
  if (authority.ends_with(':')) { authority.remove_suffix(1); }
  return scheme_word + "://" + lower_case(authority);
}

// RFC 3986 5.2.4, "Remove Dot Segments".
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto segment = path.substr(0, path.find('/', 1));
    path.remove_prefix(segment.size());
    if (segment == "/." || segment == "/..") {
      if (segment == "/..") { out.erase(std::min(out.rfind('/'), out.size())); }
      if (path.empty()) { out += '/'; }
    } else {
      out += segment;
    }
  }
  return out;
}

std::string_view path_of(std::string_view path_and_query) noexcept {
  return path_and_query.substr(0, path_and_query.find('?'));
}

// RFC 3986 5.2.2 and 5.2.3 for a reference without scheme and authority.
std::string merged_path(std::string_view base, std::string_view reference) {
  const auto base_path = path_of(base);
  if (reference.empty()) { return std::string(base); }
  if (reference.starts_with('?')) { return std::string(base_path).append(reference); }
  if (reference.starts_with('/')) { return std::string(reference); }
  const auto slash = base_path.rfind('/');
  std::string out(slash == std::string_view::npos ? "/" : base_path.substr(0, slash + 1));
  return out.append(reference);
}

}  // namespace

std::optional<std::string> origin_of(std::string_view uri) {
  const auto parts = split(uri);
  return parts.has_authority ? make_origin(parts.scheme, parts.authority) : std::nullopt;
}

std::optional<std::string> resolve(std::string_view base, std::string_view reference) {
  const auto from = split(base);
  const auto to = split(reference);
  if (!to.scheme.empty() && !to.has_authority) { return std::nullopt; }
  auto origin =
      make_origin(to.scheme.empty() ? from.scheme : to.scheme, to.has_authority ? to.authority : from.authority);
  if (!origin) { return std::nullopt; }
  std::string target =
      to.has_authority ? std::string(to.path_and_query) : merged_path(from.path_and_query, to.path_and_query);
  if (!target.starts_with('/')) { target.insert(0, 1, '/'); }
  const auto path = path_of(target);
  return *origin + without_dot_segments(path) + target.substr(path.size());
}

}  // namespace sluice::cache
