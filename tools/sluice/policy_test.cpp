#include "tools/sluice/policy_test.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/base/clock.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/judge/run_tests.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_file.hpp"
#include "tools/sluice/policy_source.hpp"

namespace sluice::cli {
namespace {

using control::PolicyTest;

struct TestOptions {
  control::PolicyTestArguments arguments;
  PolicySource source;
  std::string batch;  // a file of requests, a line each
};

control::Answer<PolicyTest> ask_policy(const Context& context, const TestOptions& options) {
  if (options.source.file.empty()) {
    const auto version = read_version(options.source.as_of);
    if (!version) { return std::unexpected(version.error()); }
    auto arguments = options.arguments;
    arguments.as_of = *version;
    return ask<PolicyTest>(context, control::command::kPolicyTest, arguments);
  }
  const auto snapshot = compile_source(context, options.source);
  if (!snapshot) { return std::unexpected(snapshot.error()); }
  return control::judge(**snapshot, options.arguments, coarse_unix_now());
}

Style style_of(const std::string& verdict) {
  const auto known = policy::verdict_of(verdict);
  if (known && policy::lets_pass(*known)) { return Style::good; }
  return is_stopped(verdict) ? Style::bad : Style::doubtful;
}

std::string upper(std::string word) {
  for (char& c : word) {
    if (c >= 'a' && c <= 'z') { c = static_cast<char>(c - 'a' + 'A'); }
  }
  return word;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) { out += (out.empty() ? "" : ", ") + word; }
  return out;
}

std::string words_of(std::string outcome) {
  for (char& c : outcome) {
    if (c == '_') { c = ' '; }
  }
  return outcome;
}

// Where it leads, or why it does not.
std::string redirect_text(const PolicyTest& test) {
  if (test.status == 0) { return "  a tunnel cannot be redirected: it is refused with 403\n"; }
  return "  " + std::to_string(test.status) + " to " + printable(test.location) + "\n";
}

// "rate of the response: r-12 limit rate 1MiB/s type video/*"
std::string rate_text(const control::PolicyTestRate& rate) {
  const std::string of = rate.of == "tunnel"    ? "each direction of the tunnel"
                         : rate.of == "request" ? "what the client sends"
                                                : "the response";
  return "  rate of " + of + ": " + rate.rule_id + " " + printable(rate.rule) + "\n";
}

// What the answer hangs on, and what a rule in shadow would have said.
std::string hangs_on(const PolicyTest& test) {
  return test.verdict == "undecided" ? "unless " + joined(test.waits_for) + " matches" : "";
}
std::string shadow_text(const PolicyTest& test) {
  return test.shadow_id.empty() ? "" : "shadow: " + test.shadow_id + " would have said " + test.shadow_verdict;
}

// "DENY   by r-12  deny host .gambling.example", the reason, and what the answer hangs on.
std::string summary(const Context& context, const PolicyTest& test) {
  std::string out = context.terminal.styled(upper(test.otherwise), style_of(test.otherwise));
  out += "  " + printable(test.url) + "  by " + (test.rule_id.empty() ? "no rule" : test.rule_id);
  if (!test.rule.empty()) { out += "  " + printable(test.rule); }
  out += (test.version == 0 ? "" : "  (policy v" + std::to_string(test.version) + ")") + "\n";
  if (!test.reason.empty()) { out += "  reason: " + printable(test.reason) + "\n"; }
  if (!test.location.empty()) { out += redirect_text(test); }
  if (!test.listed.list.empty()) {
    out += "  list " + test.listed.list + "  category " + test.listed.category + "  entry " +
           printable(test.listed.entry) + "  line " + std::to_string(test.listed.line) + "\n";
  }
  if (test.verdict == "undecided") {
    out += "  " + hangs_on(test) +
           ": say more with --from, --to, --sni, --user, --field, --listener; --status and --type for the response\n";
  }
  if (test.verdict != "undecided" && !test.waits_for.empty()) {
    out += "  " + joined(test.waits_for) + " would say the same: what it asks for is not known\n";
  }
  if (!test.shadow_id.empty()) { out += "  " + shadow_text(test) + "\n"; }
  for (const std::string& setting : test.settings) { out += "  setting: " + printable(setting) + "\n"; }
  for (const auto& rate : test.rates) { out += rate_text(rate); }
  for (const auto& stage : test.stages) {
    out += "  at " + stage.stage + ": " + (stage.verdict == "undecided" ? "waits for " : stage.verdict + " by ") +
           (stage.rule_id.empty() ? "no rule" : stage.rule_id) + "\n";
  }
  return out;
}

std::string trace(const Context& context, const PolicyTest& test) {
  if (test.trace.empty()) { return ""; }
  Table table({"LINE", "RULE", "STAGE", "RESULT", "TEXT"});
  table.align_right(0);
  for (const auto& step : test.trace) {
    table.add({std::to_string(step.line), step.id, step.stage, words_of(step.outcome), step.text});
  }
  return "\n" + table.text(context.terminal);
}

// The verdict that holds unless a rule that waits for a fact says otherwise.
const std::string& likely_verdict(const PolicyTest& test) {
  return test.otherwise.empty() ? test.verdict : test.otherwise;
}

int test(const Context& context, const TestOptions& options) {
  auto answer = ask_policy(context, options);
  if (!answer) { return report(context, answer.error()); }
  answer->otherwise = likely_verdict(*answer);
  if (context.json) {
    print_json(*answer);
  } else {
    print(policy_test_text(context, *answer));
  }
  return is_stopped(answer->otherwise) ? kDifference : kOk;
}

// "[METHOD] URL [CLIENT]"; the options say the rest.
std::optional<control::PolicyTestArguments> read_request(const std::string& line,
                                                         control::PolicyTestArguments arguments) {
  std::istringstream words(line.substr(0, line.find('#') == 0 ? 0 : line.size()));
  std::vector<std::string> all;
  for (std::string word; words >> word;) { all.push_back(word); }
  if (all.empty()) { return std::nullopt; }
  const bool has_method = all.size() > 1 && all[0].find_first_of(":/.") == std::string::npos;
  const std::size_t url = has_method ? 1 : 0;
  if (has_method) { arguments.method = all[0]; }
  arguments.url = all[url];
  if (all.size() > url + 1) { arguments.from = all[url + 1]; }
  return arguments;
}

struct BatchCounts {
  std::uint64_t allowed = 0;    // or spliced, or bypassed
  std::uint64_t denied = 0;     // or redirected, or rejected
  std::uint64_t undecided = 0;  // of both: the verdict hangs on what was not said
  std::uint64_t unreadable = 0;

  std::uint64_t requests() const { return allowed + denied + unreadable; }
};

std::string line_text(const Context& context, const PolicyTest& test) {
  std::string out = context.terminal.styled(upper(test.otherwise), style_of(test.otherwise)) + "  " +
                    printable(test.url) + "  by " + (test.rule_id.empty() ? "no rule" : test.rule_id);
  for (const auto& more : {hangs_on(test), shadow_text(test)}) { out += more.empty() ? "" : "  " + more; }
  return out + "\n";
}

void say_unreadable(const Context& context, const std::string& url, const std::string& why) {
  if (context.json) { return print_json_line({{"url", url}, {"error", why}}); }
  print(context.terminal.styled("ERROR", Style::doubtful) + "  " + printable(url) + "  " + printable(why) + "\n");
}

void judge_line(const Context& context, const policy::Snapshot& snapshot, const control::PolicyTestArguments& request,
                BatchCounts& counts) {
  auto answer = control::judge(snapshot, request, coarse_unix_now());
  if (!answer) {
    ++counts.unreadable;
    return say_unreadable(context, request.url, answer.error().message);
  }
  answer->otherwise = likely_verdict(*answer);
  ++(is_stopped(answer->otherwise) ? counts.denied : counts.allowed);
  counts.undecided += answer->verdict == "undecided" ? 1 : 0;
  if (context.json) { return print_json_line(*answer); }
  print(line_text(context, *answer));
}

void print_counts(const Context& context, const BatchCounts& counts) {
  if (context.json) {
    return print_json_line({{"summary",
                             {{"requests", counts.requests()},
                              {"allowed", counts.allowed},
                              {"denied", counts.denied},
                              {"undecided", counts.undecided},
                              {"unreadable", counts.unreadable}}}});
  }
  print(plural(counts.requests(), "request") + ": " + human_count(counts.allowed) + " allowed, " +
        human_count(counts.denied) + " denied" +
        (counts.undecided == 0 ? "" : "; " + human_count(counts.undecided) + " of them hang on what was not said") +
        (counts.unreadable == 0 ? "" : "; " + human_count(counts.unreadable) + " not understood") + "\n");
}

// Many requests against one policy, judged here, with a summary.
int test_batch(const Context& context, const TestOptions& options) {
  const auto text = read_policy_file(options.batch);
  if (!text) { return report(context, text.error()); }
  const auto snapshot = compile_source(context, options.source);
  if (!snapshot) { return report(context, snapshot.error()); }
  BatchCounts counts;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const auto request = read_request(line, options.arguments);
    if (request) { judge_line(context, **snapshot, *request, counts); }
  }
  print_counts(context, counts);
  if (counts.unreadable > 0) { return kUsage; }
  return counts.denied > 0 ? kDifference : kOk;
}

int test_all(const Context& context, const PolicySource& source) {
  const auto snapshot = compile_source(context, source);
  if (!snapshot) { return report(context, snapshot.error()); }
  const auto result = control::run_tests(**snapshot, coarse_unix_now());
  if (context.json) {
    print_json(result);
    return result.failures.empty() ? kOk : kDifference;
  }
  for (const auto& failure : result.failures) {
    print(context.terminal.styled("FAILED", Style::bad) + "  " + failure.file + ":" + std::to_string(failure.line) +
          "  \"" + printable(failure.name) + "\": " + printable(failure.message) + "\n");
  }
  const auto covered = result.rules - result.uncovered.size();
  print(std::to_string(result.passed) + " of " + plural(result.passed + result.failures.size(), "test") + " passed; " +
        std::to_string(covered) + " of " + plural(result.rules, "rule") + " decided one\n");
  if (!result.uncovered.empty()) { print("  no test for: " + joined(result.uncovered) + "\n"); }
  return result.failures.empty() ? kOk : kDifference;
}

void add_facts(CLI::App& command, control::PolicyTestArguments& arguments) {
  const auto add = [&](const char* name, auto& value, const char* meaning, const char* type) {
    command.add_option(name, value, meaning)->type_name(type);
  };
  add("--from", arguments.from, "Client address", "ADDRESS");
  add("--method", arguments.method, "Request method (default GET)", "METHOD");
  add("--to", arguments.to, "Address that would be connected", "ADDRESS");
  add("--at", arguments.at, "When: 'tue 10:00', '2026-12-25 10:00 Europe/Berlin' (default now)", "TIME");
  add("--protocol", arguments.protocol, "tcp, or udp of QUIC (default tcp)", "PROTOCOL");
  add("--interface", arguments.interface, "Network interface where it comes in", "NAME");
  add("--listener", arguments.listener, "Where the client comes in: ADDRESS:PORT", "LISTENER");
  add("--user", arguments.user, "Who the client is", "NAME");
  add("--group", arguments.group, "A group of the policy that the user is in", "NAME");
  add("--sni", arguments.sni, "Server name of the client's TLS hello, in a tunnel", "NAME");
  command.add_option("--alpn", arguments.alpn, "Protocols that the hello offers")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PROTOCOL");
  command.add_flag("--ech", arguments.ech, "The hello holds an Encrypted Client Hello");
  command.add_option("--hello", arguments.hello, "What the tunnel begins with, when nothing else is said of it")
      ->check(CLI::IsMember({"tls", "none"}));
  command.add_option("--field", arguments.fields, "A field of the request; given again for more")
      ->type_name("'NAME: VALUE'")
      ->allow_extra_args(false);
  add("--status", arguments.status, "Status of the response", "STATUS");
  add("--type", arguments.type, "Media type of the response, with --status", "TYPE");
  add("--size", arguments.size, "Octets of its content, with --status", "OCTETS");
  command.add_option("--response-field", arguments.response_fields, "A field of the response, with --status")
      ->type_name("'NAME: VALUE'")
      ->allow_extra_args(false);
}

void add_test_all(CLI::App& policy, Context& context) {
  CLI::App* const command =
      policy.add_subcommand("test-all", "Run the tests that stand in the policy; exit code 1 when one fails");
  command->fallthrough();
  const auto source = std::make_shared<PolicySource>();
  add_policy_source(*command, *source);
  command->callback([&context, source] { context.action = [&context, source] { return test_all(context, *source); }; });
}

}  // namespace

bool is_stopped(const std::string& verdict) {
  const auto known = policy::verdict_of(verdict);
  return known && policy::stops(*known);
}

std::string policy_test_text(const Context& context, const PolicyTest& test) {
  return summary(context, test) + trace(context, test);
}

void add_policy_test(CLI::App& policy, Context& context) {
  CLI::App* const command =
      policy.add_subcommand("test", "What the policy says to a request; exit code 1 when it is stopped");
  command->fallthrough();
  const auto options = std::make_shared<TestOptions>();
  auto* const url =
      command->add_option("URL", options->arguments.url, "http://host/path; with --method CONNECT host:port");
  command
      ->add_option("-f,--file", options->batch,
                   "Many requests, a line each: [METHOD] URL [CLIENT]; - for standard input")
      ->type_name("FILE")
      ->excludes(url);
  add_facts(*command, options->arguments);
  add_policy_source(*command, options->source);
  command->callback([&context, options] {
    const bool has_batch = !options->batch.empty();
    if (!has_batch && options->arguments.url.empty()) { throw CLI::RequiredError("URL"); }
    context.action = [&context, options, has_batch] {
      return has_batch ? test_batch(context, *options) : test(context, *options);
    };
  });
  add_test_all(policy, context);
}

}  // namespace sluice::cli
