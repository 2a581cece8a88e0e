#include "tools/sluice/app.hpp"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "gateway/config/nearest.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/nouns.hpp"

namespace sluice::cli {
namespace {

const CLI::App& innermost_named(const CLI::App& app) {
  const CLI::App* innermost = &app;
  while (!innermost->get_subcommands().empty()) { innermost = innermost->get_subcommands().front(); }
  return *innermost;
}

// "sluice policy deny"
std::string path_of(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  return parent == nullptr ? command.get_name() : path_of(*parent) + " " + command.get_name();
}

// "list, allow, deny"
std::string commands_below(const CLI::App& command) {
  std::string out;
  for (const CLI::App* const below : command.get_subcommands([](const CLI::App*) { return true; })) {
    out += (out.empty() ? "" : ", ") + below->get_name();
  }
  return out;
}

std::string did_you_mean(const CLI::App& command, const std::string& word) {
  std::vector<std::string_view> names;
  for (const CLI::App* const below : command.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(below->get_name());
  }
  const auto meant = config::nearest(word, names);
  return meant.empty() ? "" : "; did you mean `" + std::string(meant) + "`?";
}

// What stands where a noun or verb was expected: nothing, or a word that is none.
std::string command_missing(const CLI::App& app, const CLI::App& command) {
  for (const std::string& word : app.remaining(true)) {
    if (word.starts_with('-')) { continue; }
    return "`" + path_of(command) + "` has no `" + word + "`" + did_you_mean(command, word);
  }
  return "`" + path_of(command) + "` needs one of: " + commands_below(command);
}

control::Error explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = innermost_named(app);
  const bool is_command_missing = command.get_require_subcommand_min() > 0;
  return usage_error(is_command_missing ? command_missing(app, command) : error.what(), path_of(command) + " --help");
}

}  // namespace

void build_app(CLI::App& app, Context& context) {
  app.name("sluice");
  app.description("Looks after a running sluiced: status, configuration, policy, cache, log.");
  app.set_version_flag("--version", "sluice " SLUICE_VERSION);
  app.add_option("--socket", context.socket, "Control socket of the daemon")->type_name("PATH");
  app.add_option_function<std::string>(
         "-o,--output", [&context](const std::string& format) { context.json = format == "json"; },
         "Output: table (default) or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORMAT");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Exit codes: 0 ok, 1 difference or denied, 2 usage, 3 invalid policy or configuration,\n"
      "4 daemon unreachable, 5 applied but rolled back, 6 the daemon could not do it.");
  add_status(app, context);
  add_config(app, context);
  add_policy(app, context);
  add_lists(app, context);
  add_cache(app, context);
  add_log(app, context);
  add_pac(app, context);
  add_drain(app, context);
  add_completion(app, context);
}

int run(int argc, const char* const* argv) {
  Context context;
  context.terminal = Terminal::of_standard_output();
  CLI::App app;
  build_app(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return app.exit(wanted);
  } catch (const CLI::ParseError& error) { return report(context, explain(app, error)); }
  const int result = context.action();
  const bool is_printed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (is_printed) { return result; }
  std::fputs("sluice: the answer could not be written to standard output\n", stderr);
  return kFailed;
}

}  // namespace sluice::cli
