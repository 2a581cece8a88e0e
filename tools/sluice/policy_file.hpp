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

// The files that a policy text includes which was read from `path`, by their paths from its folder. Errors: those of
// compile_file().
control::Answer<std::vector<control::PolicySource>> files_included_by(const std::string& text, const std::string& path);

}  // namespace sluice::cli
