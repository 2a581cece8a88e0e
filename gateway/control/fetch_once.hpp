#pragma once

#include <expected>
#include <string>

#include "gateway/control/fetch_services.hpp"
#include "gateway/control/list_validators.hpp"

namespace sluice::control {

// An http or https URL, taken apart.
struct FetchPlace {
  bool is_secure = false;
  std::string host;  // normalised; IPv6 without brackets
  std::uint16_t port = 0;
  std::string origin;  // "https://host:port", without a port that is the scheme's own
  std::string target;  // path and query
};
std::expected<FetchPlace, std::string> place_of(const std::string& url);

// What an origin server answered. There is content only of a 200 that is not coded.
struct FetchAnswer {
  int status = 0;
  std::string location;
  std::string coding;  // "" for none
  ListValidators validators;
  std::string content;
};

// One conditional request, by TLS where the URL says so. The end of content has to be proven: by a length, by chunks,
// or by TLS. No more than 512 MiB are taken. Suspends. Errors: why, in words.
Task<std::expected<FetchAnswer, std::string>> fetch_once(FetchServices& services, const FetchPlace& place,
                                                         const ListValidators& before);

}  // namespace sluice::control
