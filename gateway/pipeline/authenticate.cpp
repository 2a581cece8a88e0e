#include "gateway/pipeline/authenticate.hpp"

#include "gateway/pipeline/decide.hpp"

namespace sluice::pipeline {

namespace {

using identity::Credentials;
using identity::Verification;

// Of the one line that there may be; what cannot be read is as if nothing had been said.
std::optional<Credentials> credentials_of(const Exchange& exchange) {
  const cache::Field* found = nullptr;
  for (const auto& field : exchange.fields_as_received()) {
    if (field.id != cache::FieldName::proxy_authorization) { continue; }
    if (found != nullptr) { return std::nullopt; }
    found = &field;
  }
  if (found == nullptr) { return std::nullopt; }
  auto credentials = identity::parse_basic(found->value);
  if (!credentials) { return std::nullopt; }
  return std::move(*credentials);
}

// RFC 9110 15.5.8: 407 "indicates that the client needs to authenticate itself in order to use a proxy for this
// request". What is decided without a name needs none.
Result<void> without_user(Exchange& exchange) {
  // Nobody could answer: the client is nobody, as where it cannot be asked.
  if (!exchange.services.verifier.has_accounts()) {
    exchange.has_no_user = true;
    return {};
  }
  const auto facts = facts_of(exchange);
  const auto decision = exchange.policy->decide(facts);
  if (decision.verdict != policy::Verdict::undecided) { return {}; }
  const auto* rule = exchange.policy->rule_that_waits_for_user(facts);
  if (rule == nullptr) { return {}; }
  exchange.decision = decision;
  exchange.decision.rule_id = rule->id;
  exchange.decision.rule = static_cast<std::uint32_t>(rule - exchange.policy->rules().data());
  return fail(ErrorKind::authentication_required, Side::gateway, "authenticating");
}

Result<void> take(Exchange& exchange, std::string&& user, Verification verification) {
  switch (verification) {
    case Verification::accepted:
      exchange.user = std::move(user);
      return {};
    case Verification::overloaded:
      return fail(ErrorKind::connection_limit_reached, Side::gateway, "verifying credentials: too many wait");
    case Verification::refused:
      break;
  }
  return without_user(exchange);
}

}  // namespace

std::optional<Result<void>> authenticate(Exchange& exchange) {
  // RFC 9110 3.7: an interception proxy is not chosen by the client, which would not answer it.
  if (exchange.mode != "explicit") {
    exchange.has_no_user = true;
    return Result<void>{};
  }
  exchange.accounts_generation = exchange.services.verifier.generation();
  auto credentials = credentials_of(exchange);
  if (!credentials) { return without_user(exchange); }
  const auto known = exchange.services.verifier.recall(*credentials);
  if (!known) { return std::nullopt; }
  return take(exchange, std::move(credentials->user), *known);
}

Task<Result<void>> verify(Exchange& exchange) {
  auto credentials = credentials_of(exchange);
  SLUICE_ASSERT(credentials, "only what was read is verified");
  auto user = credentials->user;
  const auto verification =
      co_await exchange.services.verifier.verify(std::move(*credentials), exchange.services.mailbox);
  co_return take(exchange, std::move(user), verification);
}

Task<bool> is_still_signed_in(Exchange& exchange) {
  auto& verifier = exchange.services.verifier;
  if (exchange.user.empty() || verifier.generation() == exchange.accounts_generation) { co_return true; }
  exchange.accounts_generation = verifier.generation();
  auto credentials = credentials_of(exchange);
  SLUICE_ASSERT(credentials, "who signed in said so");
  const auto verification = co_await verifier.verify(std::move(*credentials), exchange.services.mailbox);
  co_return verification == Verification::accepted;
}

}  // namespace sluice::pipeline
