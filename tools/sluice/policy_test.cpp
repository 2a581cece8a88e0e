#include <chrono>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/control/judge/judge.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_file.hpp"
#include "tools/sluice/shell.hpp"

namespace sluice::cli {
namespace {

using control::PolicyTest;

struct TestOptions {
  control::PolicyTestArguments arguments;
  std::string policy_file;
};

control::Answer<PolicyTest> ask_policy(const Context& context, const TestOptions& options) {
  if (options.policy_file.empty()) {
    return ask<PolicyTest>(context, control::command::kPolicyTest, options.arguments);
  }
  const auto snapshot = compile_file(options.policy_file);
  if (!snapshot) { return std::unexpected(snapshot.error()); }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return control::judge(**snapshot, options.arguments, now);
}

Style style_of(const std::string& verdict) {
  if (verdict == "allow") { return Style::good; }
  return verdict == "deny" ? Style::bad : Style::doubtful;
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

// "DENY   by r-12  deny host .gambling.example", the reason, and what the answer hangs on.
std::string summary(const Context& context, const PolicyTest& test) {
  std::string out = context.terminal.styled(upper(test.otherwise), style_of(test.otherwise));
  out += "  " + printable(test.url) + "  by " + (test.rule_id.empty() ? "no rule" : test.rule_id);
  if (!test.rule.empty()) { out += "  " + printable(test.rule); }
  out += "  (policy v" + std::to_string(test.version) + ")\n";
  if (!test.reason.empty()) { out += "  reason: " + printable(test.reason) + "\n"; }
  if (!test.listed.list.empty()) {
    out += "  list " + test.listed.list + "  category " + test.listed.category + "  entry " +
           printable(test.listed.entry) + "  line " + std::to_string(test.listed.line) + "\n";
  }
  if (test.verdict == "undecided") {
    out += "  unless " + joined(test.waits_for) + " matches: say more with --from ADDRESS and --to ADDRESS\n";
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
    print(summary(context, *answer) + trace(context, *answer));
  }
  return answer->otherwise == "deny" ? kDifference : kOk;
}

}  // namespace

void add_policy_test(CLI::App& policy, Context& context) {
  CLI::App* const command =
      policy.add_subcommand("test", "What the policy says to a request; exit code 1 when it is denied");
  command->fallthrough();
  const auto options = std::make_shared<TestOptions>();
  command->add_option("URL", options->arguments.url, "http://host/path; with --method CONNECT host:port")->required();
  command->add_option("--from", options->arguments.from, "Client address")->type_name("ADDRESS");
  command->add_option("--method", options->arguments.method, "Request method (default GET)")->type_name("METHOD");
  command->add_option("--to", options->arguments.to, "Address that would be connected")->type_name("ADDRESS");
  command->add_option("--policy", options->policy_file, "Judge by this file; needs no daemon")->type_name("FILE");
  command->callback([&context, options] { context.action = [&context, options] { return test(context, *options); }; });
}

}  // namespace sluice::cli
