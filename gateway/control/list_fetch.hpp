#pragma once

#include <expected>
#include <memory>
#include <string>

#include "gateway/control/fetch_services.hpp"
#include "gateway/control/list_validators.hpp"

namespace sluice::control {

struct FetchedList {
  bool is_same = false;  // 304: what was sent with these validators
  std::string content;
  ListValidators validators;
};

// The content of a URL, unless it is the same as last time. Redirects are followed, but never from https to http.
// Content whose end is not proven is refused. Suspends. Errors: why, in words, beginning with the URL.
Task<std::expected<FetchedList, std::string>> fetch_list(std::shared_ptr<FetchServices> services, std::string url,
                                                         ListValidators before);

}  // namespace sluice::control
