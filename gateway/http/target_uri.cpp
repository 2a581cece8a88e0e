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

struct Target {
  std::string_view scheme;  // "http", "https", "" for CONNECT
  std::string_view authority;
  std::string_view path_and_query;  // as received, maybe empty
};

std::uint16_t default_port(std::string_view scheme) {
  if (scheme.empty()) { return 0; }
  return scheme == "https" ? kHttpsPort : kHttpPort;
}

// Appends the host, in brackets when it is IPv6.
const char* append_host(std::string_view host, Site& site) {
  bool is_address = false;
  site.host_begin = site.text.size();
  if (const char* wrong = append_normal_host(host, site.text, is_address)) { return wrong; }
  site.host_end = site.text.size();
  if (is_address) { site.address = policy::Address::parse(std::string_view(site.text).substr(site.host_begin)); }
  if (site.text.find(':', site.host_begin) != site.text.npos) {
    site.text.insert(site.host_begin, 1, '[');
    site.text += ']';
    ++site.host_begin;
    ++site.host_end;
  }
  return nullptr;
}

const char* read_site(const Target& target, Site& site) {
  site.scheme = target.scheme;
  site.received = target.authority;
  site.address.reset();
  site.text = target.scheme;
  if (!target.scheme.empty()) { site.text += "://"; }
  AuthorityParts parts;
  if (const char* wrong = split_authority(target.authority, parts)) { return wrong; }
  if (const char* wrong = append_host(parts.host, site)) { return wrong; }
  const auto implied = default_port(target.scheme);
  site.port = implied;
  // "If the port is empty or not given" it is the scheme's (RFC 9110 4.2.1); authority-form has no default (RFC
  // 9112 3.2.3).
  if (!parts.port.empty() || implied == 0) {
    if (const char* wrong = read_port(parts.port, site.port)) { return wrong; }
  }
  const auto port = std::to_string(site.port);
  site.origin.assign(site.text, site.host_begin, site.host_end - site.host_begin).append(":").append(port);
  if (site.port != implied) { site.text.append(":").append(port); }
  return nullptr;
}

Result<void> build(const Target& target, bool is_asterisk, TargetUri& out) {
  auto& site = out.site;
  if (!site.is_known || site.scheme != target.scheme || site.received != target.authority) {
    site.is_known = false;
    if (const char* wrong = read_site(target, site)) { return refuse(wrong); }
    site.is_known = true;
  }
  out.text = site.text;
  if (!is_asterisk && !target.scheme.empty()) {
    if (!target.path_and_query.starts_with('/')) { out.text += '/'; }
    out.text += target.path_and_query;
  }
  const std::string_view text = out.text;
  out.port = site.port;
  out.scheme = text.substr(0, site.scheme.size());
  out.host = text.substr(site.host_begin, site.host_end - site.host_begin);
  out.path_and_query = is_asterisk ? std::string_view("*") : text.substr(site.text.size());
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

Result<void> parse_url(std::string_view url, TargetUri& out) {
  RequestHead request;
  request.method = Method::get;
  request.method_text = "GET";
  request.target = url;
  return parse_proxy_target(request, out);
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
