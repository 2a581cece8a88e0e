#pragma once

#include <memory>
#include <string>

#include "gateway/control/protocol.hpp"
#include "policy/snapshot.hpp"

namespace sluice::cli {

// A whole file; `-` is standard input. Errors: bad_request.
control::Answer<std::string> read_policy_file(const std::string& path);

// Compiles a policy file; needs no daemon. `-` is standard input. Errors: invalid_policy, or bad_request when the file
// cannot be read.
control::Answer<std::shared_ptr<const policy::Snapshot>> compile_file(const std::string& path);

}  // namespace sluice::cli
