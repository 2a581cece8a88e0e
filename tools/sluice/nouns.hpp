#pragma once

#include "tools/sluice/context.hpp"

namespace CLI {
class App;
}

// Each noun adds its verbs and options to the command line; the one that was typed leaves its action in the context.
// Lifetime: the context must outlive the app.
namespace sluice::cli {

void add_status(CLI::App& app, Context& context);
void add_config(CLI::App& app, Context& context);
void add_policy(CLI::App& app, Context& context);
void add_lists(CLI::App& app, Context& context);
void add_cache(CLI::App& app, Context& context);
void add_log(CLI::App& app, Context& context);
void add_pac(CLI::App& app, Context& context);
void add_drain(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);

// Verbs of `policy` with files of their own.
void add_policy_files(CLI::App& policy, Context& context);     // check, fmt
void add_policy_versions(CLI::App& policy, Context& context);  // apply, confirm, rollback, history, show, diff, edit
void add_policy_edits(CLI::App& policy, Context& context);
void add_policy_test(CLI::App& policy, Context& context);
void add_policy_replay(CLI::App& policy, Context& context);
void add_policy_explain(CLI::App& policy, Context& context);

// And of `cache`.
void add_cache_list(CLI::App& cache, Context& context);
void add_cache_top(CLI::App& cache, Context& context);
void add_cache_explain(CLI::App& cache, Context& context);

}  // namespace sluice::cli
