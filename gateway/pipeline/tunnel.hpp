#pragma once

#include "gateway/pipeline/forward.hpp"

namespace sluice::pipeline {

// Carries out a CONNECT request: opens the connection, answers 200, and relays until both sides have finished.
// Errors: those of connecting, before the answer; afterwards the exchange's error says how the tunnel ended.
Task<Result<void>> tunnel(Exchange& exchange);

// The same for a protocol that the upstream switched to (101): the head has not been sent yet.
Task<Result<void>> tunnel_upgraded(Exchange& exchange, Forwarded forwarded);

}  // namespace sluice::pipeline
