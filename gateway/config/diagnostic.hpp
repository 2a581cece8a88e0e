#pragma once

#include <string>
#include <vector>

namespace sluice::config {

// One thing that is wrong in a configuration.
struct Diagnostic {
  std::string file;     // as given by the caller; "--set" for a key=value from the command line
  int line = 0;         // from 1; 0: the whole file
  int column = 0;       // from 1, in octets
  std::string message;  // what was found and what was expected, with the nearest key
  std::string excerpt;  // the line as written

  // "sluice.yaml:3:7: error: unknown key `cashe`; did you mean `cache`?", the excerpt, and a caret below it.
  std::string text() const;
};

// All of them, each with a line feed.
std::string text_of(const std::vector<Diagnostic>& diagnostics);

}  // namespace sluice::config
