#include "gateway/pipeline/judge_again.hpp"

#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/decide_under_way.hpp"
#include "gateway/pipeline/forward.hpp"

namespace sluice::pipeline {

namespace {

policy::Facts facts_by_now(const Exchange& exchange) {
  auto facts = facts_of(exchange);
  if (exchange.destination) { facts.destination = exchange.destination; }
  if (!facts.destination) { facts.destination_resolved_elsewhere = goes_to_parent(exchange); }
  if (exchange.status != 0) {
    facts.status = exchange.status;
    facts.type = exchange.content_type;
  }
  if (exchange.has_signed_out) { facts.user.reset(); }
  facts.now = coarse_unix_now();
  return facts;
}

// True when the user has left, or has another password, since this was asked last.
bool signs_out(Exchange& exchange) {
  const auto& verifier = exchange.services.verifier;
  const auto generation = verifier.generation();
  if (exchange.user.empty() || generation == exchange.accounts_generation) { return false; }
  const bool is_out = verifier.has_signed_out(exchange.user, exchange.accounts_generation);
  exchange.accounts_generation = generation;
  exchange.has_signed_out = exchange.has_signed_out || is_out;
  return is_out;
}

}  // namespace

Result<void> judge_again(Exchange& exchange) {
  const bool has_signed_out = signs_out(exchange);
  if (!has_signed_out && !exchange.services.policy.is_newer_than(exchange.policy_generation)) { return {}; }
  const auto& current = exchange.services.policy.current();
  exchange.policy_generation = exchange.services.policy.generation();
  const auto decision = decide_under_way(*current, facts_by_now(exchange));
  if (!ends(*current, decision)) {
    if (policy::stops(decision.verdict)) { exchange.kept_by = decision.rule_id; }
    return {};
  }
  exchange.decision = decision;
  // What applies to the exchange points into the policy that it began with.
  exchange.earlier_policy = std::exchange(exchange.policy, current);
  return fail(ErrorKind::http_request_denied, Side::gateway, "judging an exchange again");
}

}  // namespace sluice::pipeline
