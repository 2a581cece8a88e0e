#include "tools/sluice/policy_replay.hpp"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "gateway/base/clock.hpp"
#include "policy/time_value.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/log_file.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_source.hpp"

namespace sluice::cli {
namespace {

using control::Replay;

constexpr std::size_t kShown = 20;  // groups of a kind

struct ReplayOptions {
  std::string candidate;  // a file, or a version
  std::string since;
  std::vector<std::string> logs;
};

// The largest first.
std::vector<std::pair<Replay::Changed, std::uint64_t>> sorted(const Replay::Counts& counts) {
  std::vector<std::pair<Replay::Changed, std::uint64_t>> all(counts.begin(), counts.end());
  std::ranges::sort(
      all, [](const auto& a, const auto& b) { return std::tie(b.second, a.first) < std::tie(a.second, b.first); });
  return all;
}

std::string groups_text(const Context& context, const std::string& title, Style style, const Replay::Counts& counts) {
  if (counts.empty()) { return ""; }
  Table table({"EXCHANGES", "RULE", "USER", "HOST"});
  table.align_right(0);
  const auto all = sorted(counts);
  for (const auto& [changed, count] : all | std::views::take(kShown)) {
    table.add({human_count(count), changed.rule, changed.user.empty() ? "-" : changed.user, changed.host});
  }
  std::string out = "\n" + context.terminal.styled(title, style) + "\n" + table.text(context.terminal);
  if (all.size() > kShown) { out += "and " + human_count(all.size() - kShown) + " more\n"; }
  return out;
}

control::Json groups_json(const Replay::Counts& counts) {
  auto out = control::Json::array();
  for (const auto& [changed, count] : sorted(counts)) {
    out.push_back({{"exchanges", count}, {"rule", changed.rule}, {"user", changed.user}, {"host", changed.host}});
  }
  return out;
}

double seconds_of(std::chrono::sys_seconds time) {
  return static_cast<double>(time.time_since_epoch().count());
}

// Lines that nothing could be compared with.
std::string left_out_text(const Replay::Result& result) {
  std::string out;
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count > 0) { out += "  " + human_count(count) + what + "\n"; }
  };
  add(result.asked_for_user, " asked for a name and a password, without a verdict (407)");
  add(result.limited, " refused by `limit connections`, without a verdict (429)");
  add(result.not_asked, " about which the policy was not asked: the request could not be read");
  add(result.unreadable, " lines that cannot be read");
  return out;
}

control::Error no_log(const std::vector<std::string>& logs, const Replay::Result& result) {
  return usage_error(logs.front() + (logs.size() == 1 ? "" : " and the others") + ": " +
                         plural(result.unreadable, "line") +
                         ", of which none can be read: this is no access log in JSON (log.format: json)",
                     "sluice policy replay --help");
}

control::Answer<std::chrono::sys_seconds> since_of(const std::string& text) {
  if (text.empty()) { return std::chrono::sys_seconds{}; }
  const auto age = policy::parse_duration_value(text);
  if (!age) { return std::unexpected(usage_error(age.error(), "sluice policy replay --help")); }
  return coarse_unix_now() - *age;
}

int run(const Context& context, const ReplayOptions& options) {
  const auto since = since_of(options.since);
  if (!since) { return report(context, since.error()); }
  const auto logs = log_files(context, options.logs);
  if (!logs) { return report(context, logs.error()); }
  const bool is_version = read_version(options.candidate).has_value();
  const auto snapshot =
      compile_source(context, is_version ? PolicySource{"", options.candidate} : PolicySource{options.candidate, ""});
  if (!snapshot) { return report(context, snapshot.error()); }
  const auto replayed = replay(**snapshot, *logs, *since, 0);
  if (!replayed) { return report(context, replayed.error()); }
  if (replayed->result.is_another_format()) { return report(context, no_log(*logs, replayed->result)); }
  if (context.json) {
    print_json(replay_json(*replayed));
  } else {
    print(replay_text(context, *replayed));
  }
  const auto& result = replayed->result;
  return result.newly_denied + result.newly_allowed > 0 ? kDifference : kOk;
}

}  // namespace

control::Answer<ReplayRun> replay(const policy::Snapshot& candidate, const std::vector<std::string>& logs,
                                  std::chrono::sys_seconds since, std::uint64_t last) {
  const auto begin = std::chrono::steady_clock::now();
  Replay judged(candidate, since);
  for (const auto& log : logs) {
    const auto read = read_lines(log, last, [&](std::string_view lines) {
      judged.judge(lines);
      return true;
    });
    if (!read) { return std::unexpected(read.error()); }
  }
  return ReplayRun{judged.result(), std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
}

std::string replay_text(const Context& context, const ReplayRun& run) {
  const auto& result = run.result;
  if (result.judged == 0) {
    return "nothing to replay: the log has no exchange of that time\n" + left_out_text(result);
  }
  std::string out = plural(result.judged, "exchange") + " from " + human_time(seconds_of(result.first)) + " to " +
                    human_time(seconds_of(result.last)) + " judged again in " + human_duration(run.seconds) + "\n";
  out += "  as before " + human_count(result.same) + "  newly denied " + human_count(result.newly_denied) +
         "  newly allowed " + human_count(result.newly_allowed);
  if (result.otherwise > 0) { out += "  another verdict to the same end " + human_count(result.otherwise); }
  if (result.undecided > 0) { out += "  not decided " + human_count(result.undecided); }
  out += "\n" + left_out_text(result);
  for (const auto& [rule, count] : result.undecided_by) {
    out += "  " + rule + " asks for what the log does not say: " + plural(count, "exchange") + "\n";
  }
  out += groups_text(context, "newly denied, by the rule that denies", Style::bad, result.denied);
  out += groups_text(context, "newly allowed, by the rule that denied", Style::good, result.allowed);
  return out;
}

control::Json replay_json(const ReplayRun& run) {
  const auto& result = run.result;
  return {{"judged", result.judged},
          {"same", result.same},
          {"newly_denied", result.newly_denied},
          {"newly_allowed", result.newly_allowed},
          {"otherwise", result.otherwise},
          {"undecided", result.undecided},
          {"undecided_by", result.undecided_by},
          {"asked_for_user", result.asked_for_user},
          {"limited", result.limited},
          {"not_asked", result.not_asked},
          {"unreadable", result.unreadable},
          {"earlier", result.earlier},
          {"first", seconds_of(result.first)},
          {"last", seconds_of(result.last)},
          {"seconds", run.seconds},
          {"denied", groups_json(result.denied)},
          {"allowed", groups_json(result.allowed)}};
}

void add_policy_replay(CLI::App& policy, Context& context) {
  CLI::App* const command = policy.add_subcommand(
      "replay", "Judge what the access log holds by another policy; exit code 1 when verdicts differ");
  command->fallthrough();
  const auto options = std::make_shared<ReplayOptions>();
  command->add_option("CANDIDATE", options->candidate, "A file, or a version like v418")->required();
  command->add_option("--since", options->since, "How far back: 7d, 12h (default: all of it)")->type_name("TIME");
  command->add_option("--log", options->logs, "An access log in JSON; given again for more (default: the daemon's)")
      ->type_name("LOGFILE")
      ->allow_extra_args(false);
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace sluice::cli
