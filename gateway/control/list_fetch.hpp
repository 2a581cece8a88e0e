#pragma once

#include <expected>
#include <string>

#include "gateway/base/clock.hpp"
#include "gateway/base/task.hpp"

namespace sluice::control {

// By what an origin server knows again which content it sent (RFC 9110 8.8).
struct ListValidators {
  std::string etag;
  std::string last_modified;
};

struct FetchedList {
  bool is_same = false;  // 304: what was sent with these validators
  std::string content;
  ListValidators validators;
};

// The content of "http://host[:port]/path", unless it is the same as last time. Redirects are followed. Content whose
// end is not proven is refused, and what is larger than 512 MiB. Suspends. Errors: why, in words, beginning with the
// URL.
Task<std::expected<FetchedList, std::string>> fetch_list(std::string url, ListValidators before, milliseconds patience);

}  // namespace sluice::control
