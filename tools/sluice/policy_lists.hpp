#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/snapshot.hpp"

namespace sluice::cli {

// A policy compiled here with the lists that it declares: those that the daemon has compiled, when `lists_file` names
// them and can be read, else read from their own files. What cannot be read is said on standard error; nothing is in
// it.
std::expected<std::shared_ptr<const policy::Snapshot>, std::vector<policy::Diagnostic>> compile_with_lists(
    std::string_view text, policy::CompileOptions options, const std::string& lists_file = {});

}  // namespace sluice::cli
