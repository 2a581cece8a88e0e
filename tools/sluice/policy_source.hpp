#pragma once

#include <memory>
#include <string>

#include "policy/snapshot.hpp"
#include "tools/sluice/context.hpp"

namespace CLI {
class App;
}

namespace sluice::cli {

// Which policy a command is about.
struct PolicySource {
  std::string file;   // of --policy; needs no daemon
  std::string as_of;  // of --as-of: "v418"; else the one in force
};

// The policy, compiled here: of a file, or as the daemon has it. Errors: those of compile_file(), and the daemon's.
control::Answer<std::shared_ptr<const policy::Snapshot>> compile_source(const Context& context,
                                                                        const PolicySource& source);

// Adds --policy and --as-of.
void add_policy_source(CLI::App& command, PolicySource& source);

// "v418" or "418"; "" is 0, the one in force. Errors: bad_request.
control::Answer<std::uint64_t> read_version(const std::string& text);

}  // namespace sluice::cli
