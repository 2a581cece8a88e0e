#include <CLI/CLI.hpp>

#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"

namespace sluice::cli {
namespace {

int drain(const Context& context) {
  const auto answer = ask<control::Drain>(context, control::command::kDrain);
  if (!answer) { return report(context, answer.error()); }
  if (context.json) {
    print_json(*answer);
    return 0;
  }
  print("draining: no new connections; " + plural(answer->connections, "connection") + " and " +
        plural(answer->tunnels, "tunnel") + " have " + human_duration(answer->limit) + " to finish\n" +
        "  watch: " + context.command("status --watch") + "\n");
  return 0;
}

}  // namespace

void add_drain(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("drain", "Stop accepting, let exchanges finish, then exit");
  command->fallthrough();
  command->callback([&context] { context.action = [&context] { return drain(context); }; });
}

}  // namespace sluice::cli
