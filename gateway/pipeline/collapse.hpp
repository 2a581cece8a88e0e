#pragma once

#include <optional>

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

}  // namespace sluice::pipeline
