#pragma once

#include <optional>

#include "gateway/pipeline/following.hpp"
#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// What the lookup found: a stored response that needs validation, or none.
struct Candidate {
  cache::StoredResponsePtr stored;
  cache::Reuse reuse;
};

// Forwards for a request that the store could not answer: one forward per key at a time, everyone else streams the same
// growing response. nullopt: look up again, the store has changed.
// Errors: those of forward(); for followers, the leader's. `candidate` must outlive it.
Task<Result<std::optional<Obtained>>> collapse(Exchange& exchange, const Candidate& candidate);

// By itself, but what may be stored is kept all the same. `candidate` must outlive it.
Task<Result<std::optional<Obtained>>> forward_alone(Exchange& exchange, const Candidate& candidate);

// A response that came whole: kept, if it may be, for everyone who follows the leader, else passed through.
Task<Result<std::optional<Obtained>>> keep_or_pass(Exchange& exchange, Forwarded forwarded, Leadership& leadership);

}  // namespace sluice::pipeline
