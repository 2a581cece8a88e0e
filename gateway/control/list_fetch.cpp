#include "gateway/control/list_fetch.hpp"

#include <utility>

#include "cache/uri.hpp"
#include "gateway/control/fetch_once.hpp"

namespace sluice::control {
namespace {

constexpr int kMostRedirects = 5;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Where the answer of a place leads to. RFC 9110 10.2.2: "When it has the form of a relative reference ([URI], Section
// 4.2), the final value is computed by resolving it against the target URI". What lies behind `#` is not asked for.
std::string url_of(const std::string& location, const FetchPlace& place) {
  std::string reference = location.substr(0, location.find('#'));
  if (place_of(reference)) { return reference; }
  return cache::resolve(place.origin + place.target, reference).value_or(reference);
}

std::expected<FetchedList, std::string> fetched(FetchAnswer answer) {
  if (answer.status == 304) { return FetchedList{.is_same = true, .content = {}, .validators = {}}; }
  if (answer.status != 200) { return std::unexpected("the answer is " + std::to_string(answer.status)); }
  if (!answer.coding.empty()) { return std::unexpected("the content is coded (" + answer.coding + ")"); }
  return FetchedList{
      .is_same = false, .content = std::move(answer.content), .validators = std::move(answer.validators)};
}

}  // namespace

Task<std::expected<FetchedList, std::string>> fetch_list(std::shared_ptr<FetchServices> services, std::string url,
                                                         ListValidators before) {
  const std::string asked = url;
  const auto fail = [&](const std::string& why) {
    return std::unexpected(asked + (url == asked ? "" : " (redirected to " + url + ")") + ": " + why);
  };
  bool was_secure = false;
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    const auto place = place_of(url);
    if (!place) { co_return fail(place.error()); }
    if (was_secure && !place->is_secure) { co_return fail("a redirect from https to http is not followed"); }
    was_secure = place->is_secure;
    auto answer = co_await fetch_once(*services, *place, before);
    if (!answer) { co_return fail(answer.error()); }
    if (!is_redirect(answer->status) || answer->location.empty()) {
      auto list = fetched(std::move(*answer));
      if (!list) { co_return fail(list.error()); }
      co_return std::move(*list);
    }
    url = url_of(answer->location, *place);
  }
  co_return fail("too many redirects");
}

}  // namespace sluice::control
