#include <chrono>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/base/clock.hpp"
#include "gateway/base/file.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/judge/run_tests.hpp"
#include "policy/format.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_file.hpp"
#include "tools/sluice/shell.hpp"

namespace sluice::cli {
namespace {

// The earliest stage at which each rule can be decided.
std::string stages_text(const Context& context, const policy::Snapshot& snapshot) {
  Table table({"LINE", "STAGE", "ID", "RULE"});
  table.align_right(0);
  for (const policy::Rule& rule : snapshot.rules()) {
    table.add({std::to_string(rule.line), std::string(control::to_string(rule.stage)), rule.id, rule.text});
  }
  return table.text(context.terminal);
}

control::Json as_json(const policy::Snapshot& snapshot, const std::string& file) {
  control::Json rules = control::Json::array();
  for (const policy::Rule& rule : snapshot.rules()) { rules.push_back(control::to_protocol(rule)); }
  control::Json json;
  json["file"] = file;
  json["ok"] = true;
  json["rules"] = rules;
  json["warnings"] = control::to_protocol(snapshot.warnings());
  return json;
}

int check(const Context& context, const std::string& file) {
  const auto snapshot = compile_file(file);
  if (!snapshot) { return report(context, snapshot.error()); }
  const auto now = coarse_unix_now();
  const auto tests = control::run_tests(**snapshot, now);
  const auto warnings = control::to_protocol((*snapshot)->warnings());
  if (!tests.failures.empty()) {
    auto error = control::failed_tests(tests, "sluice policy test-all --policy " + shell_quoted(file));
    error.diagnostics.insert(error.diagnostics.end(), warnings.begin(), warnings.end());
    return report(context, error);
  }
  if (context.json) {
    print_json(as_json(**snapshot, file));
    return kOk;
  }
  report_warnings(warnings);
  print(stages_text(context, **snapshot));
  print(file + ": good, " + plural((*snapshot)->rules().size(), "rule") +
        (warnings.empty() ? "" : ", " + plural(warnings.size(), "warning")) +
        (tests.passed == 0 ? "" : ", " + plural(tests.passed, "test") + " passed") + "\n");
  return kOk;
}

struct FormatOptions {
  std::string file;
  bool write = false;
  bool check = false;
};

int format(const Context& context, const FormatOptions& options) {
  const auto text = read_policy_file(options.file);
  if (!text) { return report(context, text.error()); }
  const std::string formatted = policy::formatted(*text);
  const bool is_same = formatted == *text;
  if (options.check) {
    if (!is_same) {
      print(options.file + " has another layout; see: sluice policy fmt " + shell_quoted(options.file) + "\n");
    }
    return is_same ? kOk : kDifference;
  }
  if (!options.write) {
    print(formatted);
    return kOk;
  }
  if (is_same) { return kOk; }
  if (const auto written = replace_file(options.file, formatted); !written) {
    return report(context, usage_error(options.file + " cannot be written: " + written.error().message(),
                                       "sluice policy fmt " + shell_quoted(options.file)));
  }
  print("~ " + options.file + "\n");
  return kOk;
}

}  // namespace

void add_policy_files(CLI::App& policy, Context& context) {
  CLI::App* const checking = policy.add_subcommand("check", "Say everything that is wrong with a policy file");
  checking->fallthrough();
  const auto file = std::make_shared<std::string>();
  checking->add_option("FILE", *file, "Policy text; - for standard input")->required();
  checking->callback([&context, file] { context.action = [&context, file] { return check(context, *file); }; });

  CLI::App* const formatting = policy.add_subcommand("fmt", "Bring a policy file to its one layout; comments stay");
  formatting->fallthrough();
  const auto options = std::make_shared<FormatOptions>();
  formatting->add_option("FILE", options->file, "Policy text; - for standard input")->required();
  auto* const write = formatting->add_flag("-w,--write", options->write, "Write it back instead of printing it");
  formatting->add_flag("--check", options->check, "Print nothing; exit code 1 when the layout is another one")
      ->excludes(write);
  formatting->callback(
      [&context, options] { context.action = [&context, options] { return format(context, *options); }; });
}

}  // namespace sluice::cli
