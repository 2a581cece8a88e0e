#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/control/judge/judge.hpp"
#include "policy/time_value.hpp"
#include "policy/values.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_file.hpp"
#include "tools/sluice/policy_source.hpp"

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

// The ids of rules for which it makes a difference, at some time, that the host is this one, and does not exclude them;
// and of the last.
std::set<std::string> ids_about(const policy::Snapshot& snapshot, std::string_view host) {
  policy::Facts facts;
  facts.is_any_time = true;
  facts.host = facts.authority = host;
  facts.destination = policy::Address::parse(host);
  facts.hello = policy::Hello{.is_tls = true, .server_name = host, .protocols = {}};
  const auto with = snapshot.outcomes(facts);
  facts.host = facts.authority = std::string_view();
  facts.destination.reset();
  facts.hello = policy::Hello{};
  const auto without = snapshot.outcomes(facts);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < with.size(); ++i) {
    const bool is_default = with[i].outcome == policy::Snapshot::Step::Outcome::matched && !with[i].rule->setting;
    const bool may_hold = with[i].outcome != policy::Snapshot::Step::Outcome::not_matched;
    if ((may_hold && with[i].outcome != without[i].outcome) || is_default) { ids.insert(with[i].rule->id); }
  }
  return ids;
}

struct ListOptions {
  std::string file;
  std::string match;
};

// Leaves the rules that are about the host.
control::Answer<void> keep_matching(const Context& context, const ListOptions& options, PolicyList& list) {
  if (options.match.empty()) { return {}; }
  const auto host = policy::parse_host_value(options.match);
  if (!host || host->is_suffix) {
    return std::unexpected(usage_error("`" + options.match + "` is no host", "sluice policy list --help"));
  }
  const auto snapshot = compile_source(context, {options.file, ""});
  if (!snapshot) { return std::unexpected(snapshot.error()); }
  const auto ids = ids_about(**snapshot, host->name);
  std::erase_if(list.rules, [&](const auto& rule) { return !ids.contains(rule.id); });
  return {};
}

// How often a rule decided is shown where it was counted.
std::string rules_text(const Context& context, const PolicyList& list) {
  const bool has_hits = std::ranges::any_of(list.rules, [](const auto& rule) { return rule.hits.has_value(); });
  Table table(has_hits ? std::vector<std::string>{"ID", "STAGE", "HITS", "LAST HIT", "RULE"}
                       : std::vector<std::string>{"ID", "STAGE", "RULE"});
  if (has_hits) { table.align_right(2); }
  for (const auto& rule : list.rules) {
    if (has_hits) {
      table.add({rule.id, rule.stage, human_count(rule.hits.value_or(0)), human_time(rule.last_hit), rule.text});
    } else {
      table.add({rule.id, rule.stage, rule.text});
    }
  }
  return table.text(context.terminal);
}

int list(const Context& context, const ListOptions& options) {
  auto answer = list_rules(context, options.file);
  if (!answer) { return report(context, answer.error()); }
  if (const auto kept = keep_matching(context, options, *answer); !kept) { return report(context, kept.error()); }
  if (context.json) {
    print_json(*answer);
    return kOk;
  }
  print(rules_text(context, *answer));
  const std::string version = options.file.empty() ? "policy v" + std::to_string(answer->version) + "  " : "";
  print(context.terminal.styled(version + answer->file, Style::faint) + "\n");
  return kOk;
}

// Rules that decided nothing, or nothing for so long.
int unused(const Context& context, const std::string& since) {
  double oldest = 0;
  if (!since.empty()) {
    const auto age = policy::parse_duration_value(since);
    if (!age) { return report(context, usage_error(age.error(), "sluice policy unused --help")); }
    const auto begin = std::chrono::system_clock::now() - *age;
    oldest = std::chrono::duration<double>(begin.time_since_epoch()).count();
  }
  auto answer = ask<PolicyList>(context, control::command::kPolicyList);
  if (!answer) { return report(context, answer.error()); }
  std::erase_if(answer->rules, [&](const auto& rule) { return rule.hits.value_or(0) > 0 && rule.last_hit >= oldest; });
  if (context.json) {
    print_json(*answer);
    return kOk;
  }
  print(answer->rules.empty() ? "every rule was used\n" : rules_text(context, *answer));
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
  const auto options = std::make_shared<ListOptions>();
  command->add_option("--policy", options->file, "The rules of this file; needs no daemon")->type_name("FILE");
  command->add_option("--match", options->match, "Only rules that are about this host, and the default")
      ->type_name("HOST");
  command->callback([&context, options] { context.action = [&context, options] { return list(context, *options); }; });
}

void add_unused(CLI::App& policy, Context& context) {
  CLI::App* const command = policy.add_subcommand("unused", "The rules that decided nothing");
  command->fallthrough();
  const auto since = std::make_shared<std::string>();
  command->add_option("--since", *since, "Nothing for so long: 30d")->type_name("TIME");
  command->callback([&context, since] { context.action = [&context, since] { return unused(context, *since); }; });
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
  add_unused(*policy, context);
  add_policy_edits(*policy, context);
  add_policy_test(*policy, context);
  add_policy_replay(*policy, context);
  add_policy_explain(*policy, context);
  add_reload(*policy, context);
  add_policy_files(*policy, context);
  add_policy_versions(*policy, context);
}

}  // namespace sluice::cli
