#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// Asks the policy with what is known of the request; writes exchange.decision and .settings, and carries out those
// settings that change the request. `undecided` means that the rules need the address that will be connected, or the
// response.
void decide(Exchange& exchange);

// Asks with the address that would be connected, or that a stored response came from: again, or ahead of decide() when
// the response was found first. Writes exchange.decision; false when the policy denies it. Still `undecided`: the rules
// need the response.
bool decide_address(Exchange& exchange, const policy::Address& address);

// The same when another proxy will resolve the name: conditions on the address do not hold.
bool decide_without_address(Exchange& exchange);

// Asks again with what the client began its tunnel with (exchange.hello); false unless the policy allows. REQUIRES: the
// address was judged.
bool decide_hello(Exchange& exchange);

// The facts of the request, with views into the exchange.
policy::Facts facts_of(const Exchange& exchange);

// The same with the address that was judged last, or that there is none to judge.
policy::Facts facts_where_connected(const Exchange& exchange);

// The lines of a message as the policy asks for them. `fields` must outlive the answer.
policy::FieldLines field_lines(const std::vector<cache::Field>& fields);

// Could what becomes known later change what is said of the exchange, though not its verdict? Then a rule in shadow, or
// one ahead that says the same, waits for it.
inline bool hangs_on_more(const policy::Decision& decision) noexcept {
  return decision.shadow_is_pending || decision.earlier_is_pending;
}

}  // namespace sluice::pipeline
