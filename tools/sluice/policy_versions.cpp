#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "policy/time_value.hpp"
#include "tools/sluice/edit_file.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/log_file.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_file.hpp"
#include "tools/sluice/policy_replay.hpp"
#include "tools/sluice/policy_source.hpp"
#include "tools/sluice/shell.hpp"

namespace sluice::cli {
namespace {

using control::PolicyApplied;

std::string changes_text(const Context& context, const std::vector<control::PolicyDifferenceLine>& changes) {
  std::string out;
  for (const auto& change : changes) {
    const Style style = change.sign == "+" ? Style::good : change.sign == "-" ? Style::bad : Style::doubtful;
    const std::string id = change.id.empty() ? "" : change.id + "  ";
    out += context.terminal.styled(change.sign + " " + id, style) + printable(change.text) + "\n";
    if (!change.old_text.empty()) { out += "    was " + printable(change.old_text) + "\n"; }
  }
  return out;
}

int show_applied(const Context& context, const PolicyApplied& applied) {
  report_warnings(applied.warnings);
  // Ahead of the first policy that could be loaded there was none to go back to.
  const std::string undo =
      applied.previous == 0 ? "" : context.command("policy rollback " + std::to_string(applied.previous));
  if (context.json) {
    control::Json json = applied;
    if (!applied.dry_run && !undo.empty()) { json["undo"] = undo; }
    print_json(json);
    return kOk;
  }
  std::string out = changes_text(context, applied.changes);
  const auto tests = applied.tests.passed + applied.tests.failures.size();
  if (tests > 0) { out += "  " + std::to_string(applied.tests.passed) + " of " + plural(tests, "test") + " passed\n"; }
  if (applied.changes.empty()) { out += "no rule and no definition differs\n"; }
  if (applied.dry_run) {
    print(out + "  nothing was changed; " + plural(applied.rules, "rule") + " would be in force\n");
    return kOk;
  }
  out += "  live in " + human_milliseconds(applied.milliseconds) + " as policy v" + std::to_string(applied.version) +
         ", " + plural(applied.rules, "rule");
  if (applied.tunnels_closed > 0) { out += "; " + plural(applied.tunnels_closed, "open tunnel") + " closed"; }
  if (applied.confirm_until > 0) {
    out += "\n  rolls itself back at " + human_time(applied.confirm_until) +
           " unless: " + context.command("policy confirm " + std::to_string(applied.version));
  }
  print(out + (undo.empty() ? "\n" : "\n  undo: " + undo + "\n"));
  return kOk;
}

struct ApplyOptions {
  std::string file;
  std::string confirm;
  control::PolicyApplyArguments arguments;
};

int apply(const Context& context, ApplyOptions options) {
  if (!options.confirm.empty()) {
    const auto wait = policy::parse_duration_value(options.confirm);
    if (!wait || wait->count() == 0) {
      return report(context, usage_error(wait ? "--confirm takes a time above zero" : wait.error(),
                                         "sluice policy apply --help"));
    }
    options.arguments.confirm = wait->count();
  }
  auto text = read_policy_file(options.file);
  if (!text) { return report(context, text.error()); }
  auto included = files_included_by(*text, options.file);
  if (!included) { return report(context, included.error()); }
  options.arguments.text = std::move(*text);
  options.arguments.included = std::move(*included);
  options.arguments.name = options.file;
  const auto applied = ask<PolicyApplied>(context, control::command::kPolicyApply, options.arguments);
  if (!applied) { return report(context, applied.error()); }
  return show_applied(context, *applied);
}

int roll_back(const Context& context, const std::string& version, control::PolicyRollbackArguments arguments) {
  const auto number = read_version(version);
  if (!number) { return report(context, number.error()); }
  arguments.version = *number;
  const auto applied = ask<PolicyApplied>(context, control::command::kPolicyRollback, arguments);
  if (!applied) { return report(context, applied.error()); }
  return show_applied(context, *applied);
}

int confirm(const Context& context, const std::string& version) {
  const auto number = read_version(version);
  if (!number) { return report(context, number.error()); }
  const auto confirmed = ask<control::PolicyConfirmed>(context, control::command::kPolicyConfirm,
                                                       control::PolicyVersionArguments{*number});
  if (!confirmed) { return report(context, confirmed.error()); }
  if (context.json) {
    print_json(*confirmed);
  } else {
    print("policy v" + std::to_string(confirmed->version) + " stays\n");
  }
  return kOk;
}

std::string history_text(const Context& context, const control::PolicyHistory& history) {
  Table table({"VERSION", "TIME", "AUTHOR", "REASON", ""});
  for (const auto& version : history.versions) {
    std::string note = version.damage.empty() ? "" : "DAMAGED: " + version.damage;
    if (version.version == history.in_force) { note += note.empty() ? "in force" : ", in force"; }
    if (version.version == history.unconfirmed) { note += ", unconfirmed until " + human_time(history.confirm_until); }
    table.add({"v" + std::to_string(version.version), version.time > 0 ? human_time(version.time) : "", version.author,
               version.reason, note});
  }
  return table.text(context.terminal);
}

int history(const Context& context, const control::PolicyHistoryArguments& arguments) {
  const auto answer = ask<control::PolicyHistory>(context, control::command::kPolicyHistory, arguments);
  if (!answer) { return report(context, answer.error()); }
  if (context.json) {
    print_json(*answer);
  } else {
    print(history_text(context, *answer));
  }
  return kOk;
}

int show(const Context& context, const std::string& version) {
  const auto number = read_version(version);
  if (!number) { return report(context, number.error()); }
  const auto text =
      ask<control::PolicyText>(context, control::command::kPolicyShow, control::PolicyVersionArguments{*number});
  if (!text) { return report(context, text.error()); }
  if (context.json) {
    print_json(*text);
  } else {
    print(text->text);
  }
  return kOk;
}

// One argument: a version or a file, against what is in force. Two: versions.
control::Answer<control::PolicyDiffArguments> diff_arguments(const std::vector<std::string>& what) {
  control::PolicyDiffArguments arguments;
  const auto first = read_version(what[0]);
  if (what.size() == 1 && !first) {
    auto text = read_policy_file(what[0]);
    if (!text) { return std::unexpected(text.error()); }
    auto included = files_included_by(*text, what[0]);
    if (!included) { return std::unexpected(included.error()); }
    arguments.text = std::move(*text);
    arguments.included = std::move(*included);
    return arguments;
  }
  if (!first) { return std::unexpected(first.error()); }
  arguments.from = *first;
  if (what.size() == 2) {
    const auto to = read_version(what[1]);
    if (!to) { return std::unexpected(to.error()); }
    arguments.to = *to;
  }
  return arguments;
}

// What the newest exchanges of the daemon's log would have met; none when there is no log to read, or what was compared
// was read from standard input and is gone.
std::optional<ReplayRun> replay_newest(const Context& context, const std::string& candidate) {
  constexpr std::uint64_t kNewest = 64 << 20;  // octets of the log
  if (candidate == "-") { return std::nullopt; }
  const auto logs = log_files(context, {});
  if (!logs) { return std::nullopt; }
  const bool is_version = read_version(candidate).has_value();
  const auto snapshot = compile_source(context, is_version ? PolicySource{"", candidate} : PolicySource{candidate, ""});
  if (!snapshot) { return std::nullopt; }
  auto run = replay(**snapshot, *logs, {}, kNewest);
  if (!run || run->result.judged == 0) { return std::nullopt; }
  return std::move(*run);
}

int diff(const Context& context, const std::vector<std::string>& what) {
  const auto arguments = diff_arguments(what);
  if (!arguments) { return report(context, arguments.error()); }
  const auto answer = ask<control::PolicyDifference>(context, control::command::kPolicyDiff, *arguments);
  if (!answer) { return report(context, answer.error()); }
  const auto replayed = answer->changes.empty() ? std::nullopt : replay_newest(context, what.back());
  if (context.json) {
    control::Json json = *answer;
    if (replayed) { json["replay"] = replay_json(*replayed); }
    print_json(json);
  } else {
    print(changes_text(context, answer->changes) + (replayed ? "\n" + replay_text(context, *replayed) : ""));
  }
  return answer->changes.empty() ? kOk : kDifference;
}

// What was written in an editor is in the policy's own file now.
void call_by_its_file(const std::string& kept, PolicyApplied& applied) {
  for (auto& warning : applied.warnings) {
    if (warning.file != kept) { continue; }
    warning.text.replace(0, kept.size(), applied.file);
    warning.file = applied.file;
  }
}

int edit(const Context& context, const std::string& message) {
  const auto text = ask<control::PolicyText>(context, control::command::kPolicyShow, control::PolicyVersionArguments{});
  if (!text) { return report(context, text.error()); }
  const auto edited = edit_text(text->text, "policy.sluice");
  if (!edited) { return report(context, usage_error(edited.error(), "sluice policy edit --help")); }
  if (edited->text == text->text) {
    edited->remove();
    print("nothing was changed\n");
    return kOk;
  }
  control::PolicyApplyArguments arguments;
  arguments.text = edited->text;
  arguments.name = edited->file;
  arguments.message = message;
  arguments.based_on = text->head.version;
  auto applied = ask<PolicyApplied>(context, control::command::kPolicyApply, arguments);
  if (!applied) {
    const int code = report(context, applied.error());
    if (!context.json) {
      print("  what you wrote is kept: " + context.command("policy apply " + shell_quoted(edited->file)) + "\n");
    }
    return code;
  }
  edited->remove();
  call_by_its_file(edited->file, *applied);
  return show_applied(context, *applied);
}

CLI::App* verb(CLI::App& policy, const char* name, const char* meaning) {
  CLI::App* const command = policy.add_subcommand(name, meaning);
  command->fallthrough();
  return command;
}

void add_apply(CLI::App& policy, Context& context) {
  CLI::App* const command =
      verb(policy, "apply", "Put a whole text in force: checked, compiled, recorded, then swapped");
  const auto options = std::make_shared<ApplyOptions>();
  command->add_option("FILE", options->file, "Policy text; - for standard input")->required();
  command->add_option("--confirm", options->confirm, "Roll back by itself after this time unless confirmed")
      ->type_name("5m");
  command->add_flag("--dry-run", options->arguments.dry_run, "Say what would change");
  command->add_option("-m,--message", options->arguments.message, "Why")->type_name("TEXT");
  command->callback([&context, options] { context.action = [&context, options] { return apply(context, *options); }; });
}

void add_rollback(CLI::App& policy, Context& context) {
  CLI::App* const command = verb(policy, "rollback", "Put the text of an earlier version in force, as a new version");
  const auto version = std::make_shared<std::string>();
  const auto arguments = std::make_shared<control::PolicyRollbackArguments>();
  command->add_option("VERSION", *version, "As `sluice policy history` shows it")->required();
  command->add_flag("--dry-run", arguments->dry_run, "Say what would change");
  command->add_option("-m,--message", arguments->message, "Why")->type_name("TEXT");
  command->callback([&context, version, arguments] {
    context.action = [&context, version, arguments] { return roll_back(context, *version, *arguments); };
  });
}

void add_version_verb(CLI::App& policy, Context& context, const char* name, const char* meaning,
                      int (*run)(const Context&, const std::string&)) {
  CLI::App* const command = verb(policy, name, meaning);
  const auto version = std::make_shared<std::string>();
  command->add_option("VERSION", *version, "As `sluice policy history` shows it");
  command->callback(
      [&context, version, run] { context.action = [&context, version, run] { return run(context, *version); }; });
}

void add_history(CLI::App& policy, Context& context) {
  CLI::App* const command = verb(policy, "history", "The versions: when, by whom and why");
  const auto arguments = std::make_shared<control::PolicyHistoryArguments>();
  command->add_option("-n", arguments->limit, "How many, the newest first (default 20)")->type_name("N");
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { return history(context, *arguments); }; });
}

void add_diff(CLI::App& policy, Context& context) {
  CLI::App* const command =
      verb(policy, "diff",
           "What differs, and what it would have meant for the newest exchanges; exit code 1 when something does");
  const auto what = std::make_shared<std::vector<std::string>>();
  command->add_option("WHAT", *what, "A file, or one or two versions; one is compared with what is in force")
      ->required()
      ->expected(1, 2);
  command->callback([&context, what] { context.action = [&context, what] { return diff(context, *what); }; });
}

void add_edit(CLI::App& policy, Context& context) {
  CLI::App* const command = verb(policy, "edit", "Open the policy in $VISUAL or $EDITOR and apply what was written");
  const auto message = std::make_shared<std::string>();
  command->add_option("-m,--message", *message, "Why")->type_name("TEXT");
  command->callback([&context, message] { context.action = [&context, message] { return edit(context, *message); }; });
}

}  // namespace

void add_policy_versions(CLI::App& policy, Context& context) {
  add_apply(policy, context);
  add_version_verb(policy, context, "confirm", "Keep a version that would roll itself back", &confirm);
  add_rollback(policy, context);
  add_history(policy, context);
  add_version_verb(policy, context, "show", "The text of a version, or of the one in force", &show);
  add_diff(policy, context);
  add_edit(policy, context);
}

}  // namespace sluice::cli
