#include "gateway/control/judge/which.hpp"

#include "gateway/http/host.hpp"

namespace sluice::control {
namespace {

ListMatch to_protocol(const policy::ListHit& hit) {
  policy::ListEntryText text = hit.set->describe(hit);
  return {std::move(text.list), std::move(text.category), std::move(text.entry), text.line,
          hit.membership.effect() == policy::Effect::excepts};
}

// "http://host:port/path" in its three parts; of a host alone the first is all there is.
struct Parts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view rest;
};

Parts parts_of(std::string_view what) {
  Parts parts;
  const std::size_t scheme = what.find("://");
  if (scheme == what.npos) { return {"", what, ""}; }
  parts.scheme = what.substr(0, scheme + 3);
  what.remove_prefix(scheme + 3);
  const std::size_t end = std::min(what.find_first_of("/?"), what.size());
  parts.authority = what.substr(0, end);
  parts.rest = what.substr(end);
  return parts;
}

}  // namespace

Answer<ListsWhich> which(const policy::Lists& lists, const ListsWhichArguments& arguments) {
  const Parts parts = parts_of(arguments.what);
  const auto unreadable = [&](const char* why) {
    return std::unexpected(Error{ErrorCode::bad_request,
                                 "`" + arguments.what + "` is no host, address or URL (" + why + ")",
                                 "sluice lists which --help",
                                 {}});
  };
  std::string host;
  bool is_address = false;
  const bool is_bare_ipv6 = policy::Address::parse(parts.authority).has_value();
  http::AuthorityParts authority{.host = parts.authority, .port = {}};
  if (!is_bare_ipv6) {
    if (const char* wrong = http::split_authority(parts.authority, authority)) { return unreadable(wrong); }
  }
  const std::string written = is_bare_ipv6 && parts.authority.find(':') != parts.authority.npos
                                  ? "[" + std::string(parts.authority) + "]"
                                  : std::string(authority.host);
  if (const char* wrong = http::append_normal_host(written, host, is_address)) { return unreadable(wrong); }
  policy::ListHits found;
  lists.find_host(host, found);
  if (!parts.scheme.empty()) { lists.find_url(std::string(parts.scheme) + host + std::string(parts.rest), found); }
  if (is_address) { lists.find_destination(policy::Address::parse(host).value(), found); }
  ListsWhich answer{.what = host + std::string(parts.rest), .matches = {}};
  for (const policy::ListHit& hit : found.hits) { answer.matches.push_back(to_protocol(hit)); }
  return answer;
}

ListMatch match_of(const policy::Decision& decision) {
  return decision.listed.set == nullptr ? ListMatch{} : to_protocol(decision.listed);
}

}  // namespace sluice::control
