#include "cache/cache_key.hpp"

#include "uri/normal_path.hpp"

namespace sluice::cache {
namespace {

// Where the path begins: after the authority, or at 0 when there is none.
std::size_t path_start(std::string_view uri) noexcept {
  const auto scheme = uri.find("://");
  if (scheme == std::string_view::npos) { return 0; }
  const auto end = uri.find_first_of("/?", scheme + 3);
  return end == std::string_view::npos ? uri.size() : end;
}

}  // namespace

bool has_dot_segments(std::string_view path_and_query) {
  return uri::has_dot_segments(path_and_query);
}

bool is_normal_uri(std::string_view uri) noexcept {
  return uri::is_normal_path(uri) && uri.find('#') == std::string_view::npos;
}

void make_cache_key(std::string_view uri, std::string& out) {
  uri = uri.substr(0, uri.find('#'));
  const auto path = path_start(uri);
  out.assign(uri.substr(0, path));
  // RFC 9110 4.2.3: "an empty path component is equivalent to an absolute path of "/"".
  if (path > 0 && (path == uri.size() || uri[path] == '?')) { out += '/'; }
  uri::append_normal_path(uri.substr(path), out);
}

}  // namespace sluice::cache
