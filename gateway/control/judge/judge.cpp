#include "gateway/control/judge/judge.hpp"

#include <optional>
#include <utility>

#include "gateway/control/judge/which.hpp"
#include "gateway/http/target_uri.hpp"
#include "policy/facts.hpp"

namespace sluice::control {
namespace {

using policy::Snapshot;

Error unreadable(std::string message) {
  return {ErrorCode::bad_request, std::move(message), "sluice policy test --help", {}};
}

// The request of the question as the gateway would read it from a client.
struct Question {
  http::TargetUri target;
  policy::Facts facts;
};

constexpr std::string_view kHttps = "https://";

// A client asks a proxy for an https URL by CONNECT, whatever it sends inside: "host:443".
PolicyTestArguments as_asked(PolicyTestArguments arguments) {
  if (!arguments.url.starts_with(kHttps)) { return arguments; }
  auto authority = arguments.url.substr(kHttps.size());
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const auto port = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  if (port == std::string::npos) { authority += ":443"; }
  arguments.url = std::move(authority);
  arguments.method = "CONNECT";
  return arguments;
}

Answer<void> read_target(const PolicyTestArguments& arguments, http::TargetUri& target) {
  http::RequestHead request;
  request.method = http::method_of(arguments.method);
  request.method_text = arguments.method;
  request.target = arguments.url;
  if (const auto parsed = http::parse_proxy_target(request, target); !parsed) {
    const bool is_connect = request.method == http::Method::connect;
    return std::unexpected(unreadable("`" + arguments.url + "` is not a target of " + arguments.method + "; write " +
                                      (is_connect ? "host:port" : "http://host/path") + " (" + parsed.error().during +
                                      ")"));
  }
  return {};
}

Answer<std::optional<policy::Address>> read_address(const std::string& text, const char* option) {
  if (text.empty()) { return std::nullopt; }
  const auto address = policy::Address::parse(text);
  if (!address) { return std::unexpected(unreadable("`" + text + "` (" + option + ") is not an IP address")); }
  return address;
}

Answer<void> read_addresses(const PolicyTestArguments& arguments, Question& question) {
  const auto client = read_address(arguments.from, "--from");
  if (!client) { return std::unexpected(client.error()); }
  const auto destination = read_address(arguments.to, "--to");
  if (!destination) { return std::unexpected(destination.error()); }
  question.facts.client = *client;
  question.facts.destination = *destination;
  if (question.target.host_is_address) { question.facts.destination = policy::Address::parse(question.target.host); }
  return {};
}

Answer<void> read_question(const PolicyTestArguments& arguments, std::chrono::sys_seconds now, Question& question) {
  if (!http::is_token(arguments.method)) {
    return std::unexpected(unreadable("`" + arguments.method + "` is not a method"));
  }
  if (const auto target = read_target(arguments, question.target); !target) { return target; }
  if (const auto addresses = read_addresses(arguments, question); !addresses) { return addresses; }
  question.facts.port = question.target.port;
  question.facts.host = question.target.host;
  question.facts.scheme = question.target.scheme;
  question.facts.method = arguments.method;
  question.facts.url = question.target.text;
  question.facts.now = now;
  return {};
}

std::string_view outcome_word(Snapshot::Step::Outcome outcome) noexcept {
  switch (outcome) {
    case Snapshot::Step::Outcome::matched:
      return "matched";
    case Snapshot::Step::Outcome::not_matched:
      return "not_matched";
    case Snapshot::Step::Outcome::not_yet_known:
      return "not_yet_known";
  }
  return "not_yet_known";
}

PolicyTestStep to_protocol(const Snapshot::Step& step) {
  return {step.rule->id, step.rule->text, std::string(outcome_word(step.outcome)),
          std::string(to_string(step.rule->stage)), step.rule->line};
}

void append_step(const Snapshot::Step& step, PolicyTest& test) {
  test.trace.push_back(to_protocol(step));
  if (step.outcome == Snapshot::Step::Outcome::not_yet_known) { test.waits_for.push_back(step.rule->id); }
  if (step.outcome == Snapshot::Step::Outcome::matched) {
    test.otherwise = policy::to_string(step.rule->verdict);
    test.rule_id = step.rule->id;
    test.rule = step.rule->text;
    test.reason = step.rule->reason;
  }
}

}  // namespace

Answer<PolicyTest> judge(const Snapshot& snapshot, const PolicyTestArguments& given, std::chrono::sys_seconds now) {
  const auto arguments = as_asked(given);
  Question question;
  if (const auto read = read_question(arguments, now, question); !read) { return std::unexpected(read.error()); }
  const policy::Decision decision = snapshot.decide(question.facts);
  PolicyTest test;
  test.verdict = policy::to_string(decision.verdict);
  test.version = decision.version;
  test.url = question.target.text;
  for (const Snapshot::Step& step : snapshot.explain(question.facts)) { append_step(step, test); }
  if (decision.verdict != policy::Verdict::undecided) {
    test.rule_id = decision.rule_id;
    test.reason = decision.reason;
    test.otherwise = test.verdict;
    test.listed = match_of(decision);
  }
  return test;
}

Diagnostic to_protocol(const policy::Diagnostic& diagnostic) {
  const bool is_error = diagnostic.severity == policy::Diagnostic::Severity::error;
  return {is_error ? "error" : "warning",
          diagnostic.file,
          diagnostic.line,
          diagnostic.column,
          diagnostic.message,
          diagnostic.excerpt,
          diagnostic.text()};
}

std::vector<Diagnostic> to_protocol(const std::vector<policy::Diagnostic>& diagnostics) {
  std::vector<Diagnostic> out;
  for (const policy::Diagnostic& diagnostic : diagnostics) { out.push_back(to_protocol(diagnostic)); }
  return out;
}

PolicyRule to_protocol(const policy::Rule& rule) {
  return {rule.id,     std::string(policy::to_string(rule.verdict)), rule.text,
          rule.reason, std::string(to_string(rule.stage)),           rule.line,
          std::nullopt};
}

std::string_view to_string(policy::Stage stage) noexcept {
  switch (stage) {
    case policy::Stage::packet:
      return "packet";
    case policy::Stage::connection:
      return "connection";
    case policy::Stage::request:
      return "request";
    case policy::Stage::response:
      return "response";
  }
  return "response";
}

Error invalid_policy(const std::vector<policy::Diagnostic>& diagnostics, std::string next) {
  const std::string count = std::to_string(diagnostics.size());
  return {ErrorCode::invalid_policy, "the policy has " + count + (diagnostics.size() == 1 ? " error" : " errors"),
          std::move(next), to_protocol(diagnostics)};
}

}  // namespace sluice::control
