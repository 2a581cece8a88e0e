#pragma once

#include "gateway/control/protocol/message.hpp"

namespace sluice::cli {

// How the tool ends; the same numbers for every command, listed in docs/cli.md.
enum ExitCode : int {
  kOk = 0,
  kDifference = 1,  // a denied verdict, nothing found
  kUsage = 2,
  kInvalid = 3,      // the policy or the configuration has errors
  kUnreachable = 4,  // no daemon answers, or it does not let us in
  kRolledBack = 5,   // applied, then undone
  kFailed = 6,       // the daemon could not do it
};

ExitCode exit_code_of(control::ErrorCode code) noexcept;

}  // namespace sluice::cli
