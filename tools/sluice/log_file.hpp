#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tools/sluice/context.hpp"

namespace sluice::cli {

// The access logs that a command reads: those named with --log, or the daemon's. Errors: bad_request when the daemon
// writes none in JSON; what the daemon says.
control::Answer<std::vector<std::string>> log_files(const Context& context, std::vector<std::string> named);

// Reads a file and hands whole lines over, many at a time, with octets behind them that may be read
// (LogReader::kPadding). From the beginning of a line at most `last` octets ahead of the end; 0: all of it. Until
// `take` returns false. Errors: bad_request when the file cannot be read.
control::Answer<void> read_lines(const std::string& file, std::uint64_t last,
                                 const std::function<bool(std::string_view lines)>& take);

}  // namespace sluice::cli
