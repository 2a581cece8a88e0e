#pragma once

#include <string>

namespace CLI {
class App;
}

namespace sluice::cli {

// The bash completion script for this command line: nouns, verbs, options, their fixed values, files, and the ids of
// the rules in force, which it asks the daemon for.
std::string bash_completion(const CLI::App& app);

}  // namespace sluice::cli
