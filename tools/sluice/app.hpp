#pragma once

#include "tools/sluice/context.hpp"

namespace CLI {
class App;
}

namespace sluice::cli {

// The whole command line: global options and every noun.
void build_app(CLI::App& app, Context& context);

// Reads the command line, carries it out, and returns the exit code.
int run(int argc, const char* const* argv);

}  // namespace sluice::cli
