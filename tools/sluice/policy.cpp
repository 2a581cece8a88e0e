#include <algorithm>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/control/judge/judge.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_file.hpp"

namespace sluice::cli {
namespace {

using control::PolicyList;

PolicyList list_of(const policy::Snapshot& snapshot, const std::string& file) {
  PolicyList list;
  list.version = snapshot.version();
  list.file = file;
  for (const policy::Rule& rule : snapshot.rules()) { list.rules.push_back(control::to_protocol(rule)); }
  return list;
}

control::Answer<PolicyList> list_rules(const Context& context, const std::string& file) {
  if (file.empty()) { return ask<PolicyList>(context, control::command::kPolicyList); }
  const auto snapshot = compile_file(file);
  if (!snapshot) { return std::unexpected(snapshot.error()); }
  return list_of(**snapshot, file);
}

// How often a rule decided is shown where it was counted.
std::string rules_text(const Context& context, const PolicyList& list) {
  const bool has_hits = std::ranges::any_of(list.rules, [](const auto& rule) { return rule.hits.has_value(); });
  Table table(has_hits ? std::vector<std::string>{"ID", "STAGE", "HITS", "RULE"}
                       : std::vector<std::string>{"ID", "STAGE", "RULE"});
  if (has_hits) { table.align_right(2); }
  for (const auto& rule : list.rules) {
    if (has_hits) {
      table.add({rule.id, rule.stage, human_count(rule.hits.value_or(0)), rule.text});
    } else {
      table.add({rule.id, rule.stage, rule.text});
    }
  }
  return table.text(context.terminal);
}

int list(const Context& context, const std::string& file) {
  const auto answer = list_rules(context, file);
  if (!answer) { return report(context, answer.error()); }
  if (context.json) {
    print_json(*answer);
    return kOk;
  }
  print(rules_text(context, *answer));
  const std::string version = file.empty() ? "policy v" + std::to_string(answer->version) + "  " : "";
  print(context.terminal.styled(version + answer->file, Style::faint) + "\n");
  return kOk;
}

int check(const Context& context, const std::string& file) {
  const auto snapshot = compile_file(file);
  if (!snapshot) { return report(context, snapshot.error()); }
  const auto warnings = control::to_protocol((*snapshot)->warnings());
  const auto rules = (*snapshot)->rules().size();
  if (context.json) {
    control::Json json;
    json["file"] = file;
    json["ok"] = true;
    json["rules"] = rules;
    json["warnings"] = warnings;
    print_json(json);
    return kOk;
  }
  report_warnings(warnings);
  print(file + ": good, " + plural(rules, "rule") +
        (warnings.empty() ? "" : ", " + plural(warnings.size(), "warning")) + "\n");
  return kOk;
}

int reload(const Context& context) {
  const auto answer = ask<control::PolicyReload>(context, control::command::kPolicyReload);
  if (!answer) { return report(context, answer.error()); }
  report_warnings(answer->warnings);
  if (context.json) {
    print_json(*answer);
    return kOk;
  }
  std::string out = "~ " + answer->file + "  " + plural(answer->rules, "rule") + "\n  live in " +
                    human_milliseconds(answer->milliseconds) + " as policy v" + std::to_string(answer->version);
  if (answer->tunnels_closed > 0) { out += "; " + plural(answer->tunnels_closed, "open tunnel") + " closed"; }
  print(out + "\n  undo: put the old " + answer->file + " back, then " + context.command("policy reload") + "\n");
  return kOk;
}

void add_list(CLI::App& policy, Context& context) {
  CLI::App* const command = policy.add_subcommand("list", "The rules in their order");
  command->fallthrough();
  const auto file = std::make_shared<std::string>();
  command->add_option("--policy", *file, "The rules of this file; needs no daemon")->type_name("FILE");
  command->callback([&context, file] { context.action = [&context, file] { return list(context, *file); }; });
}

void add_check(CLI::App& policy, Context& context) {
  CLI::App* const command = policy.add_subcommand("check", "Say everything that is wrong with a policy file");
  command->fallthrough();
  const auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file, "Policy text; - for standard input")->required();
  command->callback([&context, file] { context.action = [&context, file] { return check(context, *file); }; });
}

void add_reload(CLI::App& policy, Context& context) {
  CLI::App* const command = policy.add_subcommand("reload", "Read the policy file again, after it was edited");
  command->fallthrough();
  command->callback([&context] { context.action = [&context] { return reload(context); }; });
}

}  // namespace

void add_policy(CLI::App& app, Context& context) {
  CLI::App* const policy = app.add_subcommand("policy", "What is allowed");
  policy->require_subcommand(1);
  policy->fallthrough();
  add_list(*policy, context);
  add_policy_edits(*policy, context);
  add_policy_test(*policy, context);
  add_reload(*policy, context);
  add_check(*policy, context);
}

}  // namespace sluice::cli
