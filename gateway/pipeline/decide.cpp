#include "gateway/pipeline/decide.hpp"

namespace sluice::pipeline {

policy::Facts facts_of(const Exchange& exchange) {
  policy::Facts facts;
  facts.client = exchange.client_address;
  if (exchange.target.host_is_address) { facts.destination = policy::Address::parse(exchange.target.host); }
  facts.port = exchange.target.port;
  facts.host = exchange.target.host;
  facts.scheme = exchange.target.scheme;
  facts.method = exchange.request.method_text;
  facts.url = exchange.target.text;
  facts.now = std::chrono::floor<std::chrono::seconds>(exchange.start_time);
  return facts;
}

void decide(Exchange& exchange) {
  exchange.decision = exchange.policy->decide(facts_of(exchange));
  exchange.address_matters = exchange.decision.verdict == policy::Verdict::undecided;
}

bool decide_address(Exchange& exchange, const policy::Address& address) {
  if (exchange.address_matters) {
    auto facts = facts_of(exchange);
    facts.destination = address;
    exchange.decision = exchange.policy->decide(facts);
  }
  return exchange.decision.verdict == policy::Verdict::allow;
}

bool decide_without_address(Exchange& exchange) {
  if (exchange.address_matters) {
    auto facts = facts_of(exchange);
    facts.destination_resolved_elsewhere = true;
    exchange.decision = exchange.policy->decide(facts);
  }
  return exchange.decision.verdict == policy::Verdict::allow;
}

}  // namespace sluice::pipeline
