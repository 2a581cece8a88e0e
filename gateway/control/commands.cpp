#include "gateway/control/commands.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>

#include "gateway/config/show.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/log_tail.hpp"
#include "gateway/control/say.hpp"
#include "gateway/control/status.hpp"

namespace sluice::control {
namespace {

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
