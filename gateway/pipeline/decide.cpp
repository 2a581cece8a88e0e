#include "gateway/pipeline/decide.hpp"

#include "gateway/http/host.hpp"
#include "gateway/pipeline/change_fields.hpp"

namespace sluice::pipeline {

namespace {

using policy::SettingStage;

bool any_line(const void* message, std::string_view name, policy::FieldLines::Visit visit, void* context) {
  for (const auto& field : *static_cast<const std::vector<cache::Field>*>(message)) {
    if (cache::equals_ignoring_case(field.name, name) && visit(context, field.value)) { return true; }
  }
  return false;
}

// What the policy changes about the request is changed ahead of everything that looks at it, but for the policy itself.
void choose_settings(Exchange& exchange, const policy::Facts& facts) {
  exchange.policy->choose(SettingStage::request, facts, exchange.settings);
  if (exchange.settings.fields.empty()) { return; }
  exchange.received_fields = exchange.request.fields;
  exchange.has_changed_fields = true;
  change_fields(exchange.settings, exchange.request.fields);
}

// With what is known now; true unless the policy stops it.
bool decide_by(Exchange& exchange, policy::Facts facts) {
  facts.unlisted_in = &exchange.unlisted_in;
  exchange.decision = exchange.policy->decide(facts);
  return !policy::stops(exchange.decision.verdict);
}

const policy::Address kLoopback = policy::Address::from_ipv4({127, 0, 0, 1});

bool is_stopped(const Exchange& exchange) {
  return policy::stops(exchange.decision.verdict);
}

}  // namespace

policy::FieldLines field_lines(const std::vector<cache::Field>& fields) {
  return {&fields, &any_line};
}

policy::Facts facts_of(const Exchange& exchange) {
  policy::Facts facts;
  const bool is_connect = exchange.is_tunnel_request();
  facts.client = exchange.client_address;
  facts.destination = exchange.target.site.address;
  facts.port = exchange.target.port;
  facts.protocol = "tcp";
  facts.interface = "";  // the kernel does not say it of a connection
  facts.listener = exchange.listener;
  facts.mode = exchange.mode;
  facts.authority = is_connect ? exchange.target.host : std::string_view();
  if (!is_connect) {
    facts.hello = policy::Hello{};
  } else if (exchange.hello != nullptr) {
    facts.hello = exchange.hello->facts();
  }
  facts.host = exchange.target.host;
  facts.scheme = exchange.target.scheme;
  facts.method = exchange.request.method_text;
  facts.url = exchange.target.normal_text();
  facts.path_and_query = exchange.target.normal_path_and_query();
  facts.fields = field_lines(exchange.fields_as_received());
  if (!exchange.user.empty() || exchange.has_no_user) { facts.user = exchange.user; }
  facts.has_no_response = is_connect;
  facts.now = std::chrono::floor<std::chrono::seconds>(exchange.start_time);
  return facts;
}

policy::Facts facts_where_connected(const Exchange& exchange) {
  auto facts = facts_of(exchange);
  if (exchange.destination) {
    facts.destination = exchange.destination;
  } else if (http::is_localhost(exchange.target.host)) {
    facts.destination = kLoopback;
  } else {
    facts.destination_resolved_elsewhere = true;
  }
  return facts;
}

void decide(Exchange& exchange) {
  exchange.destination.reset();
  exchange.destination_text.clear();
  const auto facts = facts_of(exchange);
  decide_by(exchange, facts);
  exchange.address_matters =
      exchange.decision.verdict == policy::Verdict::undecided || hangs_on_more(exchange.decision);
  if (exchange.policy->has_settings(SettingStage::request)) { choose_settings(exchange, facts); }
}

bool decide_address(Exchange& exchange, const policy::Address& address) {
  exchange.destination = address;
  if (!exchange.address_matters) { return !is_stopped(exchange); }
  return decide_by(exchange, facts_where_connected(exchange));
}

bool decide_without_address(Exchange& exchange) {
  exchange.destination.reset();
  if (!exchange.address_matters) { return !is_stopped(exchange); }
  return decide_by(exchange, facts_where_connected(exchange));
}

bool decide_hello(Exchange& exchange) {
  return decide_by(exchange, facts_where_connected(exchange)) &&
         exchange.decision.verdict != policy::Verdict::undecided;
}

}  // namespace sluice::pipeline
