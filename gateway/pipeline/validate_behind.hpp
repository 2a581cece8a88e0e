#pragma once

#include "gateway/pipeline/collapse.hpp"

namespace sluice::pipeline {

// Validates a stale stored response behind the back of the client that got it (RFC 5861 3): one validation a key at a
// time.
void validate_behind(const Exchange& exchange, Candidate candidate);

}  // namespace sluice::pipeline
