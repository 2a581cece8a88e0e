#include "gateway/control/commands.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <stdexcept>

#include "gateway/config/show.hpp"
#include "gateway/control/cache_commands.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/judge/which.hpp"
#include "gateway/control/log_tail.hpp"
#include "gateway/control/say.hpp"
#include "gateway/control/status.hpp"

namespace sluice::control {
namespace {

ListKeeper& lists_of(const Daemon& daemon) {
  if (daemon.lists == nullptr) { throw std::runtime_error("this daemon keeps no lists"); }
  return *daemon.lists;
}

Answer<Status> status(const Asked& asked, const StatusArguments&) {
  return status_of(asked.daemon, asked.rates);
}

Answer<ConfigShow> config_show(const Asked& asked, const NoArguments&) {
  return ConfigShow{asked.daemon.config_file, config::show(*asked.daemon.configuration())};
}

Answer<ConfigReload> config_reload(const Asked& asked, const NoArguments&) {
  return asked.daemon.reload();
}

Answer<PolicyList> policy_list(const Asked& asked, const NoArguments&) {
  const auto snapshot = asked.daemon.policies.current();
  PolicyList list;
  list.version = snapshot->version();
  list.file = asked.daemon.policies.file();
  for (const auto& rule : snapshot->rules()) { list.rules.push_back(to_protocol(rule)); }
  return list;
}

// The daemon's own log keeps who changed the policy, and why.
void say_change(const Asked& asked, const char* what, const Answer<PolicyChange>& change, const std::string& why) {
  if (!change) { return; }
  say("policy v" + std::to_string(change->version) + ": user " + std::to_string(asked.by) + " " + what + " " +
      change->rule.id + ": " + change->rule.text + (why.empty() ? "" : " (" + why + ")"));
}

Answer<PolicyChange> policy_add(const Asked& asked, const PolicyAddArguments& arguments) {
  auto change = asked.daemon.policies.add(arguments);
  const bool is_in_rule = change && change->rule.reason == arguments.message;
  say_change(asked, "added", change, is_in_rule ? "" : arguments.message);
  return change;
}

Answer<PolicyChange> policy_remove(const Asked& asked, const PolicyRemoveArguments& arguments) {
  auto change = asked.daemon.policies.remove(arguments);
  say_change(asked, "removed", change, arguments.message);
  return change;
}

Answer<PolicyTest> policy_test(const Asked& asked, const PolicyTestArguments& arguments) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return judge(*asked.daemon.policies.current(), arguments, now);
}

Answer<PolicyReload> policy_reload(const Asked& asked, const NoArguments&) {
  return asked.daemon.policies.reload();
}

Answer<ListsShow> lists_show(const Asked& asked, const NoArguments&) {
  return lists_of(asked.daemon).show();
}

Answer<ListsUpdate> lists_update(const Asked& asked, const ListsUpdateArguments& arguments) {
  return lists_of(asked.daemon).update(arguments.accept);
}

// The daemon's own log keeps who edited a list.
Answer<ListsEdited> edit_list(const Asked& asked, const ListsEditArguments& arguments, bool is_removal) {
  auto edited = lists_of(asked.daemon).edit(arguments, is_removal);
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

Answer<CacheShow> cache_show(const Asked& asked, const UrlArguments& arguments) {
  return show_stored(asked.daemon, arguments);
}

Answer<CachePurge> cache_purge(const Asked& asked, const UrlArguments& arguments) {
  return purge_stored(asked.daemon, arguments);
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
    Command{command::kCacheStats, &run<cache_stats>},
    Command{command::kCacheShow, &run<cache_show>},
    Command{command::kCachePurge, &run<cache_purge>},
    Command{command::kLogReopen, &run<log_reopen>},
    Command{command::kDrain, &run<drain>},
};

Error unknown_command(const Request& request) {
  return {
      ErrorCode::unknown_command, "there is no command `" + request.command.substr(0, 80) + "`", "sluice --help", {}};
}

}  // namespace

Answer<Json> run_command(const Asked& asked, const Request& request) {
  const auto command = std::ranges::find(kCommands, request.command, &Command::name);
  if (command == kCommands.end()) { return std::unexpected(unknown_command(request)); }
  try {
    return command->run(asked, request);
  } catch (const std::exception& exception) {
    // The operator gets to know what the daemon could not do; the daemon goes on.
    return std::unexpected(Error{ErrorCode::failed, request.command + ": " + exception.what(), "sluice status", {}});
  }
}

}  // namespace sluice::control
