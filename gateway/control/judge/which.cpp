#include "gateway/control/judge/which.hpp"

#include <expected>
#include <utility>

#include "gateway/control/judge/ascii_host.hpp"
#include "gateway/http/target_uri.hpp"

namespace sluice::control {
namespace {

constexpr std::uint16_t kAnyPort = 80;  // lists do not ask for it

ListMatch to_protocol(const policy::ListHit& hit) {
  policy::ListEntryText text = hit.set->describe(hit);
  return {std::move(text.list), std::move(text.category), std::move(text.entry), text.line,
          hit.membership.effect() == policy::Effect::excepts};
}

std::unexpected<Error> unreadable(const std::string& what, std::string_view why) {
  return std::unexpected(Error{ErrorCode::bad_request,
                               "`" + what + "` is no host, address or URL (" + std::string(why) + ")",
                               "sluice lists which --help",
                               {}});
}

void find_host(const policy::Lists& lists, const std::string& host, policy::ListHits& found) {
  lists.find_host(host, found);
  if (const auto address = policy::Address::parse(host)) { lists.find_destination(*address, found); }
}

ListsWhich answer_of(std::string what, const policy::ListHits& found) {
  ListsWhich answer{.what = std::move(what), .matches = {}};
  for (const policy::ListHit& hit : found.hits) { answer.matches.push_back(to_protocol(hit)); }
  return answer;
}

// As a request for it is judged: by its normal form.
Answer<ListsWhich> which_url(const policy::Lists& lists, const std::string& url) {
  http::TargetUri target;
  if (const auto parsed = http::parse_url(url, target); !parsed) { return unreadable(url, parsed.error().during); }
  policy::ListHits found;
  find_host(lists, std::string(target.host), found);
  lists.find_url(target.normal_text(), found);
  return answer_of(std::string(target.normal_text()), found);
}

}  // namespace

Answer<ListsWhich> which(const policy::Lists& lists, const ListsWhichArguments& arguments) {
  std::string what = with_ascii_host(arguments.what);
  if (what.find("://") != std::string::npos) { return which_url(lists, what); }
  const bool is_bare_ipv6 = !what.starts_with('[') && what.find(':') != what.npos && policy::Address::parse(what);
  if (is_bare_ipv6) { what = "[" + what + "]"; }
  auto authority = http::parse_authority(what, kAnyPort);
  if (!authority) { return unreadable(arguments.what, authority.error().during); }
  policy::ListHits found;
  find_host(lists, authority->host, found);
  return answer_of(std::move(authority->host), found);
}

ListMatch match_of(const policy::Decision& decision) {
  return decision.listed.set == nullptr ? ListMatch{} : to_protocol(decision.listed);
}

}  // namespace sluice::control
