// What the policy said to an exchange of the past, rule by rule.

#include <algorithm>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/control/judge/judge.hpp"
#include "gateway/control/judge/logged_exchange.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/log_file.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_source.hpp"
#include "tools/sluice/policy_test.hpp"

namespace sluice::cli {
namespace {

struct ExplainOptions {
  std::string id;
  std::vector<std::string> logs;
  PolicySource source;
};

// What stands in the log of it; the texts are copies.
struct Found {
  control::PolicyTestArguments question;
  control::LogGaps gaps{.is_from_log = true};
  std::chrono::sys_seconds time{};
  std::string verdict;
  std::string rule;
  std::string limit;
  std::string error;
  std::optional<control::Unjudged> unjudged;
  std::uint64_t version = 0;
};

void append_field(const char* name, std::string_view value, std::vector<std::string>& fields) {
  if (!value.empty()) { fields.push_back(name + (": " + std::string(value))); }
}

Found found_of(const control::LoggedExchange& exchange) {
  Found found;
  found.question.url = exchange.url;
  found.question.method = exchange.method;
  found.question.from = exchange.client;
  found.question.to = exchange.destination;
  found.question.user = exchange.user;
  found.question.hello = exchange.hello;
  found.question.sni = exchange.server_name;
  for (const auto protocol : control::split_protocols(exchange.protocols)) {
    found.question.alpn.emplace_back(protocol);
  }
  found.question.ech = exchange.has_ech;
  found.question.listener = exchange.listener;
  if (!exchange.mode.empty()) { found.question.mode = exchange.mode; }
  append_field("User-Agent", exchange.user_agent, found.question.fields);
  append_field("Referer", exchange.referer, found.question.fields);
  if (control::passed(exchange) && exchange.method != "CONNECT") {
    found.question.status = exchange.status;
    found.question.type = exchange.type;
    append_field("Content-Type", exchange.type, found.question.response_fields);
  }
  found.gaps.is_query_stripped = exchange.is_query_stripped;
  found.time = exchange.time;
  found.verdict = exchange.verdict;
  found.rule = exchange.rule;
  found.limit = exchange.limit;
  found.error = exchange.error;
  found.unjudged = control::unjudged(exchange);
  found.version = exchange.policy;
  return found;
}

std::optional<Found> find_in(std::string_view lines, const std::string& id, control::LogReader& reader) {
  const auto member = "\"id\":\"" + id + "\"";
  for (auto at = lines.find(member); at != std::string_view::npos; at = lines.find(member, at + 1)) {
    const auto begin = lines.rfind('\n', at) + 1;  // npos + 1 is 0
    const auto exchange = reader.read(lines.substr(begin, lines.find('\n', at) - begin));
    if (exchange && exchange->id == id) { return found_of(*exchange); }  // and not a URL that looks like it
  }
  return std::nullopt;
}

control::Answer<Found> find(const std::vector<std::string>& logs, const std::string& id) {
  control::LogReader reader;
  std::optional<Found> found;
  for (const auto& log : logs) {
    const auto read = read_lines(log, 0, [&](std::string_view lines) {
      found = find_in(lines, id, reader);
      return !found;
    });
    if (!read) { return std::unexpected(read.error()); }
    if (found) { return *found; }
  }
  return std::unexpected(control::Error{control::ErrorCode::not_found,
                                        "no exchange with the id " + id + " in " + logs.front(),
                                        "sluice policy explain " + id + " --log OLDER-LOGFILE",
                                        {}});
}

// What decided at the time, unless another policy was asked for.
PolicySource source_of(const ExplainOptions& options, const Found& found) {
  auto source = options.source;
  const bool is_named = !source.file.empty() || !source.as_of.empty();
  if (!is_named && found.version != 0) { source.as_of = "v" + std::to_string(found.version); }
  return source;
}

// The policy of then waits for facts that the log does not have, and the log names the rule that decided with them.
bool is_decided_by_log(const Found& found, const control::PolicyTest& test) {
  return test.version == found.version && std::ranges::find(test.waits_for, found.rule) != test.waits_for.end();
}

void take_from_log(const Found& found, control::PolicyTest& test) {
  const auto step = std::ranges::find(test.trace, found.rule, &control::PolicyTestStep::id);
  test.verdict = test.otherwise = found.verdict;
  test.rule_id = found.rule;
  test.rule = step == test.trace.end() ? "" : step->text;
  test.reason.clear();
  test.listed = {};
  test.location.clear();
  test.waits_for.clear();
}

// What became of it then.
std::string logged_end(const Found& found) {
  if (!found.unjudged) {
    return found.verdict + " by " + found.rule + (found.limit.empty() ? "" : ", stopped by " + found.limit);
  }
  switch (*found.unjudged) {
    case control::Unjudged::asked_for_user:
      return "asked for a name and a password by " + found.rule;
    case control::Unjudged::limited:
      return "refused by " + (found.limit.empty() ? "a limit on connections" : found.limit) + ", ahead of a verdict";
    case control::Unjudged::not_asked:
      break;
  }
  return "the policy was not asked";
}

std::string logged_text(const Found& found) {
  return "logged " + human_time(static_cast<double>(found.time.time_since_epoch().count())) + ": " +
         printable(found.question.method) + " from " + printable(found.question.from) + ": " +
         printable(logged_end(found)) + "\n";
}

int explain(const Context& context, const ExplainOptions& options) {
  const auto logs = log_files(context, options.logs);
  if (!logs) { return report(context, logs.error()); }
  const auto found = find(*logs, options.id);
  if (!found) { return report(context, found.error()); }
  const auto snapshot = compile_source(context, source_of(options, *found));
  if (!snapshot) { return report(context, snapshot.error()); }
  auto test = control::judge(**snapshot, found->question, found->time, found->gaps);
  if (!test) { return report(context, test.error()); }
  if (test->otherwise.empty()) { test->otherwise = test->verdict; }
  const bool is_named = !options.source.file.empty() || !options.source.as_of.empty();
  const bool from_log = !is_named && is_decided_by_log(*found, *test);
  if (from_log) { take_from_log(*found, *test); }
  if (context.json) {
    control::Json json = *test;
    json["decided_by_log"] = from_log;
    json["logged"] = {{"verdict", found->verdict},
                      {"rule", found->rule},
                      {"limit", found->limit},
                      {"error", found->error},
                      {"policy", found->version}};
    print_json(json);
  } else {
    print(logged_text(*found) + policy_test_text(context, *test) +
          (from_log ? "\nThe log says: by " + printable(found->rule) + "; what that rule asks for is not in the log.\n"
                    : ""));
  }
  return is_stopped(test->otherwise) ? kDifference : kOk;
}

}  // namespace

void add_policy_explain(CLI::App& policy, Context& context) {
  CLI::App* const command = policy.add_subcommand(
      "explain", "What the policy said to a past exchange, rule by rule; exit code 1 when it denies");
  command->fallthrough();
  const auto options = std::make_shared<ExplainOptions>();
  command->add_option("REQUEST-ID", options->id, "As in the access log, in Proxy-Status and on the page of a denial")
      ->required();
  command->add_option("--log", options->logs, "An access log in JSON; given again for more (default: the daemon's)")
      ->type_name("LOGFILE")
      ->allow_extra_args(false);
  add_policy_source(*command, options->source);
  command->callback(
      [&context, options] { context.action = [&context, options] { return explain(context, *options); }; });
}

}  // namespace sluice::cli
