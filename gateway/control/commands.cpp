#include "gateway/control/commands.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>

#include <pwd.h>

#include "gateway/base/clock.hpp"
#include "gateway/config/show.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/judge/which.hpp"
#include "gateway/control/log_tail.hpp"
#include "gateway/control/say.hpp"
#include "gateway/control/status.hpp"

namespace sluice::control {
namespace {

// "ops (1000)": who the version is said to be of.
std::string author_of(uid_t user) {
  std::array<char, 4096> memory;
  passwd entry{};
  passwd* found = nullptr;
  const bool is_known = ::getpwuid_r(user, &entry, memory.data(), memory.size(), &found) == 0 && found != nullptr;
  const std::string number = std::to_string(user);
  return is_known ? std::string(found->pw_name) + " (" + number + ")" : "(" + number + ")";
}

Answer<Status> status(const Asked& asked, const StatusArguments&) {
  return status_of(asked.daemon, asked.rates);
}

Answer<ConfigShow> config_show(const Asked& asked, const NoArguments&) {
  return ConfigShow{asked.daemon.config_file, config::show(*asked.daemon.configuration())};
}

Answer<ConfigReload> config_reload(const Asked& asked, const NoArguments&) {
  return asked.daemon.reload(author_of(asked.by));
}

Answer<PolicyList> policy_list(const Asked& asked, const NoArguments&) {
  const auto snapshot = asked.daemon.policies.current();
  PolicyList list;
  list.version = snapshot->version();
  list.file = asked.daemon.policies.file();
  for (const auto& rule : snapshot->rules()) { list.rules.push_back(to_protocol(rule)); }
  if (!asked.daemon.rule_hits) { return list; }
  const auto all = asked.daemon.rule_hits();
  for (auto& rule : list.rules) {
    const auto found = all.find(rule.id);
    const auto hits = found != all.end() ? found->second : record::Hits{};
    rule.hits = hits.count;
    rule.first_hit = static_cast<double>(hits.first);
    rule.last_hit = static_cast<double>(hits.last);
  }
  return list;
}

// The daemon's own log keeps who changed the policy, and why.
void say_change(const Asked& asked, const char* what, const Answer<PolicyChange>& change, const std::string& why) {
  if (!change) { return; }
  say("policy v" + std::to_string(change->version) + ": " + author_of(asked.by) + " " + what + " " + change->rule.id +
      ": " + change->rule.text + (why.empty() ? "" : " (" + why + ")"));
}

Answer<PolicyChange> policy_add(const Asked& asked, const PolicyAddArguments& arguments) {
  auto change = asked.daemon.policies.add(arguments, author_of(asked.by));
  const bool is_in_rule = change && change->rule.reason == arguments.message;
  say_change(asked, "added", change, is_in_rule ? "" : arguments.message);
  return change;
}

Answer<PolicyChange> policy_remove(const Asked& asked, const PolicyRemoveArguments& arguments) {
  auto change = asked.daemon.policies.remove(arguments, author_of(asked.by));
  say_change(asked, "removed", change, arguments.message);
  return change;
}

Answer<PolicyTest> policy_test(const Asked& asked, const PolicyTestArguments& arguments) {
  const auto now = coarse_unix_now();
  const auto snapshot = asked.daemon.policies.snapshot_of(arguments.as_of);
  if (!snapshot) { return std::unexpected(snapshot.error()); }
  return judge(**snapshot, arguments, now);
}

Answer<PolicyReload> policy_reload(const Asked& asked, const NoArguments&) {
  return asked.daemon.policies.reload(author_of(asked.by));
}

// What a whole text did, for the daemon's own log.
void say_applied(const Asked& asked, const char* what, const Answer<PolicyApplied>& applied, const std::string& why) {
  if (!applied || applied->dry_run) { return; }
  say("policy v" + std::to_string(applied->version) + ": " + author_of(asked.by) + " " + what + ", " +
      std::to_string(applied->changes.size()) + " changes" + (why.empty() ? "" : " (" + why + ")"));
}

Answer<PolicyApplied> policy_apply(const Asked& asked, const PolicyApplyArguments& arguments) {
  auto applied = asked.daemon.policies.apply(arguments, author_of(asked.by));
  say_applied(asked, "applied a text", applied, arguments.message);
  return applied;
}

Answer<PolicyApplied> policy_rollback(const Asked& asked, const PolicyRollbackArguments& arguments) {
  auto applied = asked.daemon.policies.roll_back(arguments, author_of(asked.by));
  say_applied(asked, ("rolled back to v" + std::to_string(arguments.version)).c_str(), applied, arguments.message);
  return applied;
}

Answer<PolicyConfirmed> policy_confirm(const Asked& asked, const PolicyVersionArguments& arguments) {
  auto confirmed = asked.daemon.policies.confirm(arguments);
  if (confirmed) {
    say("policy v" + std::to_string(confirmed->version) + ": " + author_of(asked.by) + " confirmed it");
  }
  return confirmed;
}

Answer<PolicyHistory> policy_history(const Asked& asked, const PolicyHistoryArguments& arguments) {
  return asked.daemon.policies.history(arguments);
}

Answer<PolicyText> policy_show(const Asked& asked, const PolicyVersionArguments& arguments) {
  auto text = asked.daemon.policies.show(arguments);
  if (text) { text->lists_file = asked.daemon.lists.compiled_file(); }
  return text;
}

Answer<PolicyDifference> policy_diff(const Asked& asked, const PolicyDiffArguments& arguments) {
  return asked.daemon.policies.diff(arguments);
}

Answer<ListsShow> lists_show(const Asked& asked, const NoArguments&) {
  return asked.daemon.lists.show();
}

Answer<ListsUpdate> lists_update(const Asked& asked, const ListsUpdateArguments& arguments) {
  return asked.daemon.lists.update(arguments.accept);
}

// The daemon's own log keeps who edited a list.
Answer<ListsEdited> edit_list(const Asked& asked, const ListsEditArguments& arguments, bool is_removal) {
  auto edited = asked.daemon.lists.edit(arguments, is_removal);
  if (edited) {
    say("list " + edited->list + ": user " + std::to_string(asked.by) + (is_removal ? " removed " : " added ") +
        edited->entry + " (category " + edited->category + ")");
  }
  return edited;
}

Answer<ListsEdited> lists_add(const Asked& asked, const ListsEditArguments& arguments) {
  return edit_list(asked, arguments, false);
}

Answer<ListsEdited> lists_remove(const Asked& asked, const ListsEditArguments& arguments) {
  return edit_list(asked, arguments, true);
}

Answer<ListsWhich> lists_which(const Asked& asked, const ListsWhichArguments& arguments) {
  return which(*asked.daemon.policies.current()->lists(), arguments);
}

Answer<CacheStats> cache_stats(const Asked& asked, const NoArguments&) {
  return cache_stats_of(asked.daemon);
}

Answer<LogReopen> log_reopen(const Asked& asked, const NoArguments&) {
  const auto file = log_file_of(asked.daemon);
  if (!file) { return std::unexpected(file.error()); }
  asked.daemon.log()->reopen();
  return LogReopen{*file};
}

Answer<Drain> drain(const Asked& asked, const NoArguments&) {
  return asked.daemon.drain();
}

template <typename Arguments, typename Result>
Answer<Json> run_typed(Answer<Result> (*run)(const Asked&, const Arguments&), const Asked& asked,
                       const Request& request) {
  const auto arguments = arguments_of<Arguments>(request);
  if (!arguments) { return std::unexpected(arguments.error()); }
  const auto result = run(asked, *arguments);
  if (!result) { return std::unexpected(result.error()); }
  return Json(*result);
}

template <auto kRun>
Answer<Json> run(const Asked& asked, const Request& request) {
  return run_typed(kRun, asked, request);
}

struct Command {
  std::string_view name;
  Answer<Json> (*run)(const Asked&, const Request&);
};
constexpr std::array kCommands{
    Command{command::kStatus, &run<status>},
    Command{command::kConfigShow, &run<config_show>},
    Command{command::kConfigReload, &run<config_reload>},
    Command{command::kPolicyList, &run<policy_list>},
    Command{command::kPolicyAdd, &run<policy_add>},
    Command{command::kPolicyRemove, &run<policy_remove>},
    Command{command::kPolicyTest, &run<policy_test>},
    Command{command::kPolicyReload, &run<policy_reload>},
    Command{command::kListsShow, &run<lists_show>},
    Command{command::kListsUpdate, &run<lists_update>},
    Command{command::kListsWhich, &run<lists_which>},
    Command{command::kListsAdd, &run<lists_add>},
    Command{command::kListsRemove, &run<lists_remove>},
    Command{command::kPolicyApply, &run<policy_apply>},
    Command{command::kPolicyConfirm, &run<policy_confirm>},
    Command{command::kPolicyRollback, &run<policy_rollback>},
    Command{command::kPolicyHistory, &run<policy_history>},
    Command{command::kPolicyShow, &run<policy_show>},
    Command{command::kPolicyDiff, &run<policy_diff>},
    Command{command::kCacheStats, &run<cache_stats>},
    Command{command::kLogReopen, &run<log_reopen>},
    Command{command::kDrain, &run<drain>},
};

Error unknown_command(const Request& request) {
  return {
      ErrorCode::unknown_command, "there is no command `" + request.command.substr(0, 80) + "`", "sluice --help", {}};
}

}  // namespace

Error failure_of(const Request& request, const std::exception& exception) {
  return {ErrorCode::failed, request.command + ": " + exception.what(), "sluice status", {}};
}

Answer<Json> run_command(const Asked& asked, const Request& request) {
  const auto command = std::ranges::find(kCommands, request.command, &Command::name);
  if (command == kCommands.end()) { return std::unexpected(unknown_command(request)); }
  try {
    return command->run(asked, request);
  } catch (const std::exception& exception) {
    // The operator gets to know what the daemon could not do; the daemon goes on.
    return std::unexpected(failure_of(request, exception));
  }
}

}  // namespace sluice::control
