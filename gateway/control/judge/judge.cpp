#include "gateway/control/judge/judge.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "cache/fields.hpp"
#include "gateway/control/judge/ascii_host.hpp"
#include "gateway/control/judge/field_list.hpp"
#include "gateway/control/judge/logged_exchange.hpp"
#include "gateway/control/judge/which.hpp"
#include "gateway/http/host.hpp"
#include "gateway/http/target_uri.hpp"
#include "policy/facts.hpp"
#include "policy/moment.hpp"
#include "policy/subject.hpp"

namespace sluice::control {
namespace {

using policy::Snapshot;

Error unreadable(std::string message) {
  return {ErrorCode::bad_request, std::move(message), "sluice policy test --help", {}};
}

// The request of the question as the gateway would read it from a client, and its response.
struct Question {
  http::TargetUri target;
  FieldList fields;
  FieldList response_fields;
  std::string_view group;
  std::string server_name;
  std::vector<std::string_view> protocols;
  policy::Facts facts;
};

// "Name: value"
Answer<void> read_fields(const std::vector<std::string>& lines, FieldList& list) {
  for (const auto& line : lines) {
    const auto colon = line.find(':');
    const auto name = std::string_view(line).substr(0, colon);
    if (colon == std::string::npos || !http::is_token(name)) {
      return std::unexpected(unreadable("`" + line + "` is no field; write 'Name: value'"));
    }
    list.add(name, cache::trim(std::string_view(line).substr(colon + 1)));
  }
  return {};
}

Answer<void> read_response(const PolicyTestArguments& arguments, Question& question) {
  if (const auto read = read_fields(arguments.response_fields, question.response_fields); !read) { return read; }
  if (arguments.status == 0) {
    const bool says_more = !arguments.type.empty() || arguments.size >= 0 || !arguments.response_fields.empty();
    if (!says_more) { return {}; }
    return std::unexpected(
        unreadable("--type, --size and --response-field say something of a response; say its --status too"));
  }
  if (arguments.status < 100 || arguments.status > 999) {
    return std::unexpected(unreadable("`" + std::to_string(arguments.status) + "` (--status) is no status"));
  }
  auto& facts = question.facts;
  facts.status = arguments.status;
  facts.type = arguments.type;
  facts.size_is_untold = arguments.size < 0;
  if (arguments.size >= 0) { facts.size = static_cast<std::uint64_t>(arguments.size); }
  facts.response_fields = question.response_fields.lines();
  return {};
}

Answer<void> read_time(const PolicyTestArguments& arguments, std::chrono::sys_seconds now, Question& question) {
  question.facts.now = now;
  if (arguments.at.empty()) { return {}; }
  const auto moment = policy::parse_moment(arguments.at, now);
  if (!moment) { return std::unexpected(unreadable(moment.error())); }
  question.facts.now = *moment;
  return {};
}

constexpr std::string_view kHttps = "https://";

// A client asks a proxy for an https URL by CONNECT, whatever it sends inside: "host:443".
PolicyTestArguments as_asked(PolicyTestArguments arguments) {
  // RFC 9110 7.1: a fragment is "reserved for client-side processing"; a URL copied from a browser may have one.
  arguments.url = with_ascii_host(arguments.url.substr(0, arguments.url.find('#')));
  arguments.sni = with_ascii_host(std::move(arguments.sni));
  if (!arguments.url.starts_with(kHttps)) { return arguments; }
  auto authority = arguments.url.substr(kHttps.size());
  authority = authority.substr(0, authority.find_first_of("/?"));
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
  if (question.target.site.address) { question.facts.destination = question.target.site.address; }
  if (http::is_localhost(question.target.host)) {
    question.facts.destination = policy::Address::from_ipv4({127, 0, 0, 1});
  }
  return {};
}

// Somebody who is in a group, and of whom nothing else is said, has no name that a rule could ask for.
Answer<void> read_user(const Snapshot& snapshot, const PolicyTestArguments& arguments, Question& question) {
  if (!arguments.user.empty()) { question.facts.user = arguments.user; }
  if (arguments.group.empty()) { return {}; }
  if (!snapshot.has_group(arguments.group)) {
    return std::unexpected(unreadable("the policy has no group `" + arguments.group + "`"));
  }
  question.group = arguments.group;
  question.facts.user = arguments.user;
  question.facts.groups = {&question.group, 1};
  return {};
}

// Over UDP comes QUIC, of which the packet is seen, and the name of the server: never a request.
void see_no_request(Question& question) {
  question.facts.authority = question.facts.scheme = question.facts.method = "";
  question.facts.url = question.facts.path_and_query = question.facts.user = "";
  question.facts.groups = {};
  question.fields = {};
  question.facts.fields = question.fields.lines();
  question.facts.has_no_response = true;
}

Answer<void> read_protocol(const PolicyTestArguments& arguments, Question& question) {
  if (arguments.protocol != "tcp" && arguments.protocol != "udp") {
    return std::unexpected(unreadable("`" + arguments.protocol + "` is no protocol; there are tcp and udp"));
  }
  question.facts.protocol = arguments.protocol;
  question.facts.interface = arguments.interface;
  return {};
}

// What is said about a hello is said by TLS. Requests other than CONNECT have none.
Answer<void> read_hello(const PolicyTestArguments& arguments, Question& question) {
  const bool says_more = !arguments.sni.empty() || !arguments.alpn.empty() || arguments.ech;
  const bool is_tls = arguments.hello == "tls" || says_more;
  const bool is_connect = question.target.scheme.empty();
  if ((says_more && arguments.hello == "none") || (is_tls && !is_connect)) {
    return std::unexpected(
        unreadable("only a client of TLS says --sni, --alpn or --ech, and only in a tunnel; write https://"));
  }
  if (!is_tls && arguments.hello != "none" && !arguments.hello.empty()) {
    return std::unexpected(unreadable("`" + arguments.hello + "` (--hello) is neither tls nor none"));
  }
  bool is_address = false;
  if (!arguments.sni.empty()) {
    const char* refused = http::append_normal_host(arguments.sni, question.server_name, is_address);
    if (refused != nullptr || is_address) {
      return std::unexpected(unreadable("`" + arguments.sni + "` (--sni) is not a host name"));
    }
  }
  question.protocols.assign(arguments.alpn.begin(), arguments.alpn.end());
  const bool is_known = is_tls || !arguments.hello.empty() || !is_connect;
  if (is_known) {
    question.facts.hello = policy::Hello{is_tls, question.server_name, question.protocols, arguments.ech};
  }
  return {};
}

Answer<void> read_question(const PolicyTestArguments& arguments, std::chrono::sys_seconds now, Question& question) {
  if (const auto read = read_protocol(arguments, question); !read) { return read; }
  if (!http::is_token(arguments.method)) {
    return std::unexpected(unreadable("`" + arguments.method + "` is not a method"));
  }
  if (const auto target = read_target(arguments, question.target); !target) { return target; }
  if (const auto addresses = read_addresses(arguments, question); !addresses) { return addresses; }
  question.facts.port = question.target.port;
  question.facts.host = question.target.host;
  question.facts.scheme = question.target.scheme;
  question.facts.method = arguments.method;
  question.facts.url = question.target.normal_text();
  const bool is_connect = question.target.scheme.empty();
  question.facts.path_and_query = question.target.normal_path_and_query();
  question.facts.authority = is_connect ? question.target.host : std::string_view();
  question.facts.mode = arguments.mode;
  if (!arguments.listener.empty()) { question.facts.listener = arguments.listener; }
  question.facts.has_no_response = is_connect;
  if (const auto read = read_hello(arguments, question); !read) { return read; }
  if (const auto read = read_fields(arguments.fields, question.fields); !read) { return read; }
  if (!arguments.fields.empty()) { question.facts.fields = question.fields.lines(); }
  if (const auto read = read_time(arguments, now, question); !read) { return read; }
  return read_response(arguments, question);
}

// What the access log does not have of an exchange is not known.
void leave_out(const LogGaps& gaps, Question& question) {
  if (!gaps.is_from_log) { return; }
  auto& facts = question.facts;
  question.fields.know_only(kLoggedRequestFields);
  facts.fields = question.fields.lines();
  if (facts.status) {
    facts.size_is_untold = false;
    question.response_fields.know_only(kLoggedResponseFields);
    facts.response_fields = question.response_fields.lines();
  }
  if (gaps.is_query_stripped) {
    facts.url.reset();
    facts.query_is_unknown = true;
  }
}

std::string_view outcome_word(Snapshot::Step::Outcome outcome) noexcept {
  switch (outcome) {
    case Snapshot::Step::Outcome::matched:
      return "matched";
    case Snapshot::Step::Outcome::not_matched:
      return "not_matched";
    case Snapshot::Step::Outcome::passed_over:
      return "passed_over";
    case Snapshot::Step::Outcome::not_yet_known:
      break;
  }
  return "not_yet_known";
}

PolicyTestStep to_protocol(const Snapshot::Step& step) {
  return {step.rule->id, step.rule->text, std::string(outcome_word(step.outcome)),
          std::string(to_string(step.rule->stage)), step.rule->line};
}

// The facts that are known up to a stage.
policy::Facts known_at(policy::Stage stage, const policy::Facts& all) {
  policy::Facts facts = all;
  if (stage < policy::Stage::response) {
    facts.status.reset(), facts.type.reset(), facts.size.reset(), facts.response_fields.reset();
    facts.size_is_untold = false;
  }
  if (stage < policy::Stage::request) {
    // Without a method the policy judges as for any but PURGE.
    if (facts.method != policy::kPurgeMethod) { facts.method.reset(); }
    facts.scheme.reset(), facts.url.reset(), facts.path_and_query.reset(), facts.fields.reset();
    facts.user.reset(), facts.groups = {};
    facts.has_no_response = false;
  }
  if (stage < policy::Stage::connection) {
    facts.listener.reset(), facts.mode.reset(), facts.authority.reset(), facts.host.reset();
    facts.hello.reset();
  }
  return facts;
}

void append_stages(const Snapshot& snapshot, const policy::Facts& facts, PolicyTest& test) {
  for (const auto stage :
       {policy::Stage::packet, policy::Stage::connection, policy::Stage::request, policy::Stage::response}) {
    if (stage == policy::Stage::response && !facts.status) { break; }
    const auto decision = snapshot.decide(known_at(stage, facts));
    test.stages.push_back({std::string(to_string(stage)), std::string(policy::to_string(decision.verdict)),
                           std::string(decision.rule_id)});
  }
}

// The facts that a setting is chosen by: with the request nothing is known of what comes behind it, an address that is
// not the host itself among them.
policy::Facts known_at(policy::SettingStage stage, const Question& question) {
  if (stage == policy::SettingStage::response) { return question.facts; }
  auto facts = known_at(policy::Stage::request, question.facts);
  facts.destination = question.target.site.address;
  if (question.target.scheme.empty()) { facts.hello.reset(); }
  return facts;
}

void append_rate(const Snapshot& snapshot, const policy::Settings& chosen, std::string_view of, PolicyTest& test) {
  const auto* limit = chosen[policy::SettingKind::limit_rate];
  if (limit == nullptr) { return; }
  const auto& rule = snapshot.rules()[limit->rule];
  test.rates.push_back({std::string(of), limit->size, rule.id, rule.text});
}

void append_settings(const Snapshot& snapshot, const Question& question, PolicyTest& test) {
  const bool is_tunnel = question.target.scheme.empty();
  std::set<std::uint32_t> rules;
  for (const auto stage : {policy::SettingStage::request, policy::SettingStage::response}) {
    const bool is_of_response = stage == policy::SettingStage::response;
    if (is_of_response && is_tunnel) { break; }
    policy::Settings chosen;
    snapshot.choose(stage, known_at(stage, question), chosen);
    for (const auto* setting : chosen.single) {
      if (setting != nullptr) { rules.insert(setting->rule); }
    }
    for (const auto* setting : chosen.fields) { rules.insert(setting->rule); }
    append_rate(snapshot, chosen, is_of_response ? "response" : is_tunnel ? "tunnel" : "request", test);
  }
  for (const auto rule : rules) { test.settings.push_back(snapshot.rules()[rule].text); }
}

void append_step(const Snapshot::Step& step, PolicyTest& test) {
  test.trace.push_back(to_protocol(step));
  if (step.rule->is_shadow) {
    // The first that is true is known to the decision, unless that waits for another rule.
    const bool is_first = step.outcome == Snapshot::Step::Outcome::matched && test.shadow_id.empty();
    if (is_first) {
      test.shadow_id = step.rule->id;
      test.shadow_verdict = policy::to_string(step.rule->verdict);
    }
    return;
  }
  if (step.outcome == Snapshot::Step::Outcome::not_yet_known) { test.waits_for.push_back(step.rule->id); }
  if (step.outcome == Snapshot::Step::Outcome::matched) {
    test.otherwise = policy::to_string(step.rule->verdict);
    test.rule_id = step.rule->id;
    test.rule = step.rule->text;
    test.reason = step.rule->reason;
  }
}

// Where the rule that decided, or would, leads.
void append_location(const Snapshot& snapshot, const policy::Facts& facts, PolicyTest& test) {
  if (test.otherwise != policy::to_string(policy::Verdict::redirect)) { return; }
  const auto& rules = snapshot.rules();
  const auto rule = std::ranges::find(rules, test.rule_id, &policy::Rule::id);
  policy::Decision decision;
  decision.rule = static_cast<std::uint32_t>(rule - rules.begin());
  test.location = snapshot.location(decision, facts);
  test.status = facts.has_no_response ? 0 : rule->redirect->status;
}

}  // namespace

Answer<PolicyTest> judge(const Snapshot& snapshot, const PolicyTestArguments& given, std::chrono::sys_seconds now,
                         const LogGaps& gaps) {
  const auto arguments = as_asked(given);
  Question question;
  if (const auto read = read_question(arguments, now, question); !read) { return std::unexpected(read.error()); }
  if (const auto read = read_user(snapshot, arguments, question); !read) { return std::unexpected(read.error()); }
  leave_out(gaps, question);
  if (arguments.protocol == "udp") { see_no_request(question); }
  const policy::Decision decision = snapshot.decide(question.facts);
  PolicyTest test;
  test.verdict = policy::to_string(decision.verdict);
  test.version = decision.version;
  test.url = question.target.normal_text();
  test.shadow_id = decision.shadow_id;
  if (decision.shadow_verdict != policy::Verdict::undecided) {
    test.shadow_verdict = policy::to_string(decision.shadow_verdict);
  }
  append_stages(snapshot, question.facts, test);
  append_settings(snapshot, question, test);
  for (const Snapshot::Step& step : snapshot.explain(question.facts)) { append_step(step, test); }
  if (test.otherwise.empty()) {
    test.otherwise = policy::to_string(policy::Verdict::deny);
  }  // PURGE that no rule names
  if (decision.verdict != policy::Verdict::undecided) {
    test.rule_id = decision.rule_id;
    test.reason = decision.reason;
    test.otherwise = test.verdict;
    test.listed = match_of(decision);
  }
  append_location(snapshot, question.facts, test);
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
  PolicyRule out;
  out.id = rule.id;
  out.verdict = rule.setting ? "setting" : policy::to_string(rule.verdict);
  out.text = rule.text;
  out.reason = rule.reason;
  out.owner = rule.owner;
  out.ticket = rule.ticket;
  out.shadow = rule.is_shadow;
  out.stage = to_string(rule.stage);
  out.file = rule.file;
  out.line = rule.line;
  return out;
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
  const auto errors =
      std::ranges::count(diagnostics, policy::Diagnostic::Severity::error, &policy::Diagnostic::severity);
  return {ErrorCode::invalid_policy, "the policy has " + std::to_string(errors) + (errors == 1 ? " error" : " errors"),
          std::move(next), to_protocol(diagnostics)};
}

}  // namespace sluice::control
