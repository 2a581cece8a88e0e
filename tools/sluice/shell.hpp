#pragma once

#include <string>
#include <string_view>

namespace sluice::cli {

// A word as a POSIX shell reads it back: bare when that is safe, else in single quotes.
std::string shell_quoted(std::string_view word);

}  // namespace sluice::cli
