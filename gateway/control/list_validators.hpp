#pragma once

#include <string>

namespace sluice::control {

// By what an origin server knows again which content it sent (RFC 9110 8.8).
struct ListValidators {
  std::string etag;
  std::string last_modified;
};

}  // namespace sluice::control
