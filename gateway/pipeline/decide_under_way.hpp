#pragma once

#include "policy/snapshot.hpp"

namespace sluice::pipeline {

// What a policy says of traffic that is under way: as Snapshot::decide(), but that who has not signed in cannot be
// asked any more, and is denied where that would be.
inline policy::Decision decide_under_way(const policy::Snapshot& snapshot, const policy::Facts& facts) {
  auto decision = snapshot.decide(facts);
  const bool must_ask = decision.verdict == policy::Verdict::undecided && !facts.user &&
                        snapshot.rule_that_waits_for_user(facts) != nullptr;
  if (must_ask) { decision.verdict = policy::Verdict::deny; }
  return decision;
}

// Does this decision end what is under way? Not when its rule is for what begins only.
inline bool ends(const policy::Snapshot& snapshot, const policy::Decision& decision) {
  return policy::stops(decision.verdict) && (decision.rule_id.empty() || !snapshot.rules()[decision.rule].keeps_open);
}

}  // namespace sluice::pipeline
