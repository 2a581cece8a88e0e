#include "tools/sluice/app.hpp"

#include <string>

#include <CLI/CLI.hpp>

#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/nouns.hpp"

namespace sluice::cli {
namespace {

// The innermost command that was named, for the hint: "sluice policy deny --help".
std::string help_command(const CLI::App& app) {
  const CLI::App* innermost = &app;
  std::string path = "sluice";
  while (!innermost->get_subcommands().empty()) {
    innermost = innermost->get_subcommands().front();
    path += " " + innermost->get_name();
  }
  return path + " --help";
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
  add_cache(app, context);
  add_log(app, context);
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
  } catch (const CLI::ParseError& error) { return report(context, usage_error(error.what(), help_command(app))); }
  return context.action();
}

}  // namespace sluice::cli
