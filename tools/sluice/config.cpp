#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "gateway/config/load.hpp"
#include "gateway/config/show.hpp"
#include "tools/sluice/config_json.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/shell.hpp"

namespace sluice::cli {
namespace {

constexpr const char* kDefaultFile = "/etc/sluice/sluice.yaml";

std::vector<control::Diagnostic> to_protocol(const std::vector<config::Diagnostic>& diagnostics) {
  std::vector<control::Diagnostic> out;
  for (const config::Diagnostic& one : diagnostics) {
    out.push_back({"error", one.file, one.line, one.column, one.message, one.excerpt, one.text()});
  }
  return out;
}

control::Error invalid(const std::string& file, const std::vector<config::Diagnostic>& diagnostics) {
  return {
      control::ErrorCode::invalid_configuration,
      diagnostics.front().file + " has " + plural(diagnostics.size(), "error"),
      "correct it, then: sluice config check " + shell_quoted(file) + "   (every key: sluice config show --defaults)",
      to_protocol(diagnostics)};
}

struct CheckOptions {
  std::string file = kDefaultFile;
  std::vector<std::string> overrides;
};

int check(const Context& context, const CheckOptions& options) {
  if (::access(options.file.c_str(), R_OK) != 0) {
    return report(context, unreadable(options.file, errno, "sluice config check FILE"));
  }
  const auto configuration = config::load_file(options.file, options.overrides);
  if (!configuration) { return report(context, invalid(options.file, configuration.error())); }
  if (context.json) {
    control::Json json;
    json["file"] = options.file;
    json["ok"] = true;
    json["configuration"] = config_json(*configuration);
    print_json(json);
  } else {
    print(options.file + ": good\n");
  }
  return kOk;
}

struct ShowOptions {
  bool defaults = false;
  bool packaged = false;
};

int show_defaults(const Context& context, bool as_comments) {
  if (context.json) {
    print_json(config_json(config::Configuration{}));
  } else {
    print(config::defaults_yaml(as_comments));
  }
  return kOk;
}

int show_effective(const Context& context) {
  const auto answer = ask<control::ConfigShow>(context, control::command::kConfigShow);
  if (!answer) { return report(context, answer.error()); }
  if (!context.json) {
    print("# " + (answer->file.empty() ? "defaults; no configuration file" : answer->file) + "\n" + answer->yaml);
    return kOk;
  }
  const auto configuration = config::load(answer->yaml, "daemon");
  if (!configuration) { return report(context, invalid("the daemon's configuration", configuration.error())); }
  control::Json json;
  json["file"] = answer->file;
  json["configuration"] = config_json(*configuration);
  print_json(json);
  return kOk;
}

int show(const Context& context, const ShowOptions& options) {
  return options.defaults || options.packaged ? show_defaults(context, options.packaged) : show_effective(context);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) { out += (out.empty() ? "" : ", ") + word; }
  return out;
}

int reload(const Context& context) {
  const auto answer = ask<control::ConfigReload>(context, control::command::kConfigReload);
  if (!answer) { return report(context, answer.error()); }
  report_warnings(answer->warnings);
  if (context.json) {
    print_json(*answer);
    return kOk;
  }
  std::string out;
  if (!answer->changed.empty()) { out += "~ " + joined(answer->changed) + "\n"; }
  if (!answer->needs_restart.empty()) { out += "  after a restart: " + joined(answer->needs_restart) + "\n"; }
  if (answer->changed.empty() && answer->needs_restart.empty()) { out += "no key changed\n"; }
  out += "  live in " + human_milliseconds(answer->milliseconds) + ", policy v" +
         std::to_string(answer->policy_version) + "\n";
  if (!answer->changed.empty()) {
    out += "  undo: put the old " + (answer->file.empty() ? "file" : answer->file) + " back, then " +
           context.command("config reload") + "\n";
  }
  print(out);
  return kOk;
}

int keys(const Context& context) {
  if (context.json) {
    print_json(config_keys_json());
  } else {
    print(config::keys_markdown());
  }
  return kOk;
}

void add_check(CLI::App& config, Context& context) {
  CLI::App* const command = config.add_subcommand("check", "Say everything that is wrong with a configuration file");
  command->fallthrough();
  const auto options = std::make_shared<CheckOptions>();
  command->add_option("FILE", options->file, std::string("Default: ") + kDefaultFile);
  command->add_option("--set", options->overrides, "key=value, as for sluiced")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command->callback([&context, options] { context.action = [&context, options] { return check(context, *options); }; });
}

void add_show(CLI::App& config, Context& context) {
  CLI::App* const command = config.add_subcommand("show", "The configuration in force");
  command->fallthrough();
  const auto options = std::make_shared<ShowOptions>();
  CLI::Option* const defaults =
      command->add_flag("--defaults", options->defaults, "Every key with its meaning and default; needs no daemon");
  command->add_flag("--packaged", options->packaged, "The same with the values commented out")->excludes(defaults);
  command->callback([&context, options] { context.action = [&context, options] { return show(context, *options); }; });
}

void add_plain(CLI::App& config, Context& context, const char* verb, const char* meaning, int (*run)(const Context&)) {
  CLI::App* const command = config.add_subcommand(verb, meaning);
  command->fallthrough();
  command->callback([&context, run] { context.action = [&context, run] { return run(context); }; });
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  CLI::App* const config = app.add_subcommand("config", "The configuration");
  config->require_subcommand(1);
  config->fallthrough();
  add_check(*config, context);
  add_show(*config, context);
  add_plain(*config, context, "reload", "Read configuration and policy again", reload);
  add_plain(*config, context, "keys", "The documentation of all keys, as Markdown", keys);
}

}  // namespace sluice::cli
