#include <memory>

#include <CLI/CLI.hpp>

#include "tools/sluice/client.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/nouns.hpp"

namespace sluice::cli {
namespace {

int tail(const Context& context, const control::LogTailArguments& arguments) {
  auto client = Client::connect(context.socket_path());
  if (!client) { return report(context, client.error()); }
  if (arguments.follow) { client->wait_forever(); }
  if (const auto sent = client->send({std::string(control::command::kLogTail), arguments}); !sent) {
    return report(context, sent.error());
  }
  while (true) {
    const auto piece = client->next();
    if (!piece) { return report(context, piece.error()); }
    if (!*piece) { return arguments.follow ? report(context, client->ended()) : kOk; }
    const auto line = control::result_of<control::LogLine>(**piece);
    if (!line) { return report(context, line.error()); }
    if (context.json) {
      print_json_line(*line);
    } else {
      print(line->line + "\n");
    }
  }
}

int reopen(const Context& context) {
  const auto answer = ask<control::LogReopen>(context, control::command::kLogReopen);
  if (!answer) { return report(context, answer.error()); }
  if (context.json) {
    print_json(*answer);
  } else {
    print("reopened " + answer->file + "\n");
  }
  return 0;
}

void add_tail(CLI::App& log, Context& context) {
  CLI::App* const command = log.add_subcommand("tail", "The last lines of the access log");
  command->fallthrough();
  const auto arguments = std::make_shared<control::LogTailArguments>();
  command->add_option("-n,--lines", arguments->lines, "How many lines back (default 10)")->type_name("N");
  command->add_flag("-f,--follow", arguments->follow, "Go on with every new line, until Ctrl-C");
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { return tail(context, *arguments); }; });
}

}  // namespace

void add_log(CLI::App& app, Context& context) {
  CLI::App* const log = app.add_subcommand("log", "The access log");
  log->require_subcommand(1);
  log->fallthrough();
  add_tail(*log, context);
  CLI::App* const command = log->add_subcommand("reopen", "Write to a new file after the old one was moved away");
  command->fallthrough();
  command->callback([&context] { context.action = [&context] { return reopen(context); }; });
}

}  // namespace sluice::cli
