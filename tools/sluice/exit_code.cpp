#include "tools/sluice/exit_code.hpp"

namespace sluice::cli {

ExitCode exit_code_of(control::ErrorCode code) noexcept {
  using control::ErrorCode;
  switch (code) {
    case ErrorCode::bad_request:
    case ErrorCode::unknown_command:
      return kUsage;
    case ErrorCode::not_found:
      return kDifference;
    case ErrorCode::invalid_policy:
    case ErrorCode::invalid_configuration:
      return kInvalid;
    case ErrorCode::not_permitted:
    case ErrorCode::shutting_down:
    case ErrorCode::unreachable:
      return kUnreachable;
    case ErrorCode::rolled_back:
      return kRolledBack;
    case ErrorCode::failed:
    case ErrorCode::count_:
      return kFailed;
  }
  return kFailed;
}

}  // namespace sluice::cli
