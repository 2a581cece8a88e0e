#include "gateway/http/target_uri.hpp"

#include <algorithm>

#include "cache/cache_key.hpp"
#include "gateway/http/characters.hpp"
#include "gateway/http/host.hpp"

namespace sluice::http {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::unexpected<Error> refuse(const char* during) {
  return fail(ErrorKind::http_request_error, Side::client, during, 400);
}

// Where the parts of a target URI begin and end in its text; views are made last, because appending moves the text.
struct Layout {
  std::size_t scheme = 0;
  std::size_t host_begin = 0;
  std::size_t host_end = 0;
  std::size_t path = 0;
};

struct Target {
  std::string_view scheme;  // "http", "https", "" for CONNECT
  std::string_view authority;
  std::string_view path_and_query;  // as received, maybe empty
};

std::uint16_t default_port(std::string_view scheme) {
  if (scheme.empty()) { return 0; }
  return scheme == "https" ? kHttpsPort : kHttpPort;
}

// Appends the host, in brackets when it is IPv6, and leaves the view's limits in `layout`.
const char* append_host(std::string_view host, TargetUri& out, Layout& layout) {
  layout.host_begin = out.text.size();
  if (const char* wrong = append_normal_host(host, out.text, out.host_is_address)) { return wrong; }
  layout.host_end = out.text.size();
  if (out.text.find(':', layout.host_begin) != out.text.npos) {
    out.text.insert(layout.host_begin, 1, '[');
    out.text += ']';
    ++layout.host_begin;
    ++layout.host_end;
  }
  return nullptr;
}

Result<void> append_authority(const Target& target, TargetUri& out, Layout& layout) {
  AuthorityParts parts;
  if (const char* wrong = split_authority(target.authority, parts)) { return refuse(wrong); }
  if (const char* wrong = append_host(parts.host, out, layout)) { return refuse(wrong); }
  const auto implied = default_port(target.scheme);
  out.port = implied;
  // "If the port is empty or not given" it is the scheme's (RFC 9110 4.2.1); authority-form has no default (RFC
  // 9112 3.2.3).
  if (!parts.port.empty() || implied == 0) {
    if (const char* wrong = read_port(parts.port, out.port)) { return refuse(wrong); }
  }
  if (out.port != implied) {
    out.text += ':';
    out.text += std::to_string(out.port);
  }
  return {};
}

void set_views(const Target& target, const Layout& layout, bool is_asterisk, TargetUri& out) {
  const std::string_view text = out.text;
  out.scheme = text.substr(0, target.scheme.size());
  out.host = text.substr(layout.host_begin, layout.host_end - layout.host_begin);
  out.path_and_query = is_asterisk ? std::string_view("*") : text.substr(layout.path);
}

Result<void> build(const Target& target, bool is_asterisk, TargetUri& out) {
  Layout layout;
  out.text.clear();
  if (!target.scheme.empty()) {
    out.text += target.scheme;
    out.text += "://";
  }
  if (auto authority = append_authority(target, out, layout); !authority) { return authority; }
  layout.path = out.text.size();
  if (!is_asterisk && !target.scheme.empty()) {
    if (!target.path_and_query.starts_with('/')) { out.text += '/'; }
    out.text += target.path_and_query;
  }
  set_views(target, layout, is_asterisk, out);
  out.normal.clear();
  if (!is_asterisk && !cache::is_normal_uri(out.text)) { cache::make_cache_key(out.text, out.normal); }
  return {};
}

const char* check_target_octets(std::string_view target) {
  for (const char octet : target) {
    if (!is_class(octet, kTargetOctet)) { return "parsing the target: bad octet"; }
    // The target is an absolute-URI (RFC 3986 4.3), which has no fragment.
    if (octet == '#') { return "parsing the target: fragment"; }
  }
  return nullptr;
}

std::string_view known_scheme(std::string_view scheme) {
  if (cache::equals_ignoring_case(scheme, "http")) { return "http"; }
  if (cache::equals_ignoring_case(scheme, "https")) { return "https"; }
  return {};
}

Result<Target> split_absolute(std::string_view text) {
  const auto colon = text.find(':');
  if (text.starts_with('/') || text == "*" || colon == text.npos) {
    return refuse("parsing the target: not in absolute form; this is a proxy port");
  }
  Target target;
  target.scheme = known_scheme(text.substr(0, colon));
  if (target.scheme.empty()) { return refuse("parsing the target: scheme other than http and https"); }
  if (!text.substr(colon).starts_with("://")) { return refuse("parsing the target: no authority"); }
  const auto rest = text.substr(colon + 3);
  const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
  target.authority = rest.substr(0, authority_end);
  target.path_and_query = rest.substr(authority_end);
  return target;
}

// The cheap agreement, octet by octet, comes first: nearly every client sends Host as it wrote the target.
Result<void> check_host(const RequestHead& request, std::string_view authority, const TargetUri& target) {
  const auto* host = cache::find(request.fields, FieldName::host);
  if (host == nullptr || host->value == authority) { return {}; }
  const bool is_connect = target.scheme.empty();
  // In CONNECT a Host without port agrees with any: it says nothing about the port.
  const auto named = parse_authority(host->value, is_connect ? target.port : default_port(target.scheme));
  if (!named) { return std::unexpected(named.error()); }
  if (named->host != target.host || named->port != target.port) {
    return refuse("parsing Host: it disagrees with the target");
  }
  return {};
}

}  // namespace

Result<void> parse_proxy_target(const RequestHead& request, TargetUri& out) {
  if (const char* wrong = check_target_octets(request.target)) { return refuse(wrong); }
  Target target;
  if (request.method == Method::connect) {
    target.authority = request.target;
  } else {
    auto split = split_absolute(request.target);
    if (!split) { return std::unexpected(split.error()); }
    target = *split;
  }
  // "If a proxy receives an OPTIONS request with an absolute-form of request-target in which the URI has an empty path
  // and no query component, then the last proxy on the request chain MUST send a request-target of "*"" (RFC
  // 9112 3.2.4).
  const bool is_asterisk = request.method == Method::options && target.path_and_query.empty();
  if (auto built = build(target, is_asterisk, out); !built) { return built; }
  return check_host(request, target.authority, out);
}

Result<void> parse_origin_target(const RequestHead& request, std::string_view scheme, TargetUri& out) {
  // "a server MUST accept the absolute-form in requests" (RFC 9112 3.2.2).
  const bool is_asterisk = request.target == "*" && request.method == Method::options;
  if (request.method == Method::connect || (!request.target.starts_with('/') && !is_asterisk)) {
    return parse_proxy_target(request, out);
  }
  if (const char* wrong = check_target_octets(request.target)) { return refuse(wrong); }
  const auto* host = cache::find(request.fields, FieldName::host);
  if (host == nullptr) { return refuse("parsing the target: no Host to complete it"); }
  return build({known_scheme(scheme), host->value, request.target}, is_asterisk, out);
}

Result<Authority> parse_authority(std::string_view text, std::uint16_t default_port) {
  AuthorityParts parts;
  if (const char* wrong = split_authority(text, parts)) { return refuse(wrong); }
  Authority out;
  if (const char* wrong = append_normal_host(parts.host, out.host, out.host_is_address)) { return refuse(wrong); }
  out.port = default_port;
  if (!parts.port.empty() || default_port == 0) {
    if (const char* wrong = read_port(parts.port, out.port)) { return refuse(wrong); }
  }
  return out;
}

}  // namespace sluice::http
