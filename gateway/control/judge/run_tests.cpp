#include "gateway/control/judge/run_tests.hpp"

#include <set>

#include "gateway/control/judge/judge.hpp"

namespace sluice::control {
namespace {

PolicyTestArguments arguments_for(const policy::TestCase& test) {
  const auto line = [](const auto& field) { return field.first + ": " + field.second; };
  PolicyTestArguments arguments;
  arguments.url = test.url;
  if (!test.method.empty()) { arguments.method = test.method; }
  arguments.from = test.from;
  arguments.to = test.to;
  arguments.at = test.at;
  if (!test.protocol.empty()) { arguments.protocol = test.protocol; }
  arguments.interface = test.interface;
  arguments.listener = test.listener;
  if (!test.mode.empty()) { arguments.mode = test.mode; }
  arguments.hello = test.hello;
  arguments.sni = test.sni;
  arguments.alpn = test.alpn;
  arguments.ech = test.has_ech;
  arguments.user = test.user;
  arguments.group = test.group;
  arguments.type = test.type;
  arguments.status = test.status.value_or(0);
  arguments.size = test.size ? static_cast<std::int64_t>(*test.size) : -1;
  for (const auto& field : test.fields) { arguments.fields.push_back(line(field)); }
  for (const auto& field : test.response_fields) { arguments.response_fields.push_back(line(field)); }
  return arguments;
}

// What is wrong with the answer; "" when it is what the test expects.
std::string complaint(const policy::TestCase& test, const PolicyTest& answer) {
  const auto& verdict = answer.otherwise.empty() ? answer.verdict : answer.otherwise;
  const std::string said = verdict + " by " + (answer.rule_id.empty() ? "no rule" : answer.rule_id);
  if (verdict != policy::to_string(test.expected)) {
    return "expected " + std::string(policy::to_string(test.expected)) + ", got " + said;
  }
  if (!test.by.empty() && test.by != answer.rule_id) { return "expected rule " + test.by + ", got " + said; }
  if (!test.location.empty() && test.location != answer.location) {
    return "expected a redirect to " + test.location + ", got one to " + answer.location;
  }
  return {};
}

}  // namespace

PolicyTestsResult run_tests(const policy::Snapshot& snapshot, std::chrono::sys_seconds now) {
  PolicyTestsResult result;
  std::set<std::string> decided;
  for (const auto& test : snapshot.tests()) {
    const auto answer = judge(snapshot, arguments_for(test), now);
    const std::string message = answer ? complaint(test, *answer) : answer.error().message;
    if (answer) { decided.insert(answer->rule_id); }
    if (message.empty()) {
      ++result.passed;
    } else {
      result.failures.push_back({test.name, test.file, test.line, message});
    }
  }
  for (const auto& rule : snapshot.rules()) {
    if (rule.setting || rule.is_shadow) { continue; }
    ++result.rules;
    if (!decided.contains(rule.id)) { result.uncovered.push_back(rule.id); }
  }
  return result;
}

Error failed_tests(const PolicyTestsResult& result, std::string next) {
  Error error{ErrorCode::invalid_policy, {}, std::move(next), {}};
  error.message = std::to_string(result.failures.size()) + " of " +
                  std::to_string(result.passed + result.failures.size()) + " tests of the policy failed";
  for (const auto& failure : result.failures) {
    policy::Diagnostic diagnostic;
    diagnostic.file = failure.file;
    diagnostic.line = failure.line;
    diagnostic.column = 1;
    diagnostic.message = "the test \"" + failure.name + "\" failed: " + failure.message;
    error.diagnostics.push_back(to_protocol(diagnostic));
  }
  return error;
}

}  // namespace sluice::control
