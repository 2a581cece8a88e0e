#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/diagnostic.hpp"

namespace sluice::config {

// Where something was written. Line 0: nowhere in particular.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string excerpt;

  Diagnostic diagnostic(std::string message) const { return {file, line, column, std::move(message), excerpt}; }
};

// Where the value of each key that was set to something good stands; for checks that concern several keys.
using Places = std::map<std::string, Place, std::less<>>;

}  // namespace sluice::config
