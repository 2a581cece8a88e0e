#pragma once

#include <cstdint>
#include <string>

namespace sluice::policy {

// One thing that is wrong, or doubtful, in a policy text.
struct Diagnostic {
  enum class Severity : std::uint8_t { error, warning };
  Severity severity = Severity::error;
  std::string file;
  int line = 0;         // from 1
  int column = 0;       // from 1, in octets
  std::string message;  // what was found and what was expected, with the nearest name
  std::string excerpt;  // the line as written

  // "policy:3:7: error: unknown condition `hosts`; did you mean `host`?", the excerpt, and a caret below it.
  std::string text() const;
};

}  // namespace sluice::policy
