#pragma once

#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// Forwards what the client asked for as it is, and keeps nothing. An unsafe request invalidates what is stored for the
// URIs it changed (RFC 9111 4.4).
Task<Result<Obtained>> pass_through(Exchange& exchange);

// A forwarded response as the thing to send.
Obtained as_streamed(Exchange& exchange, Forwarded forwarded);

// A response that is being filled likewise. REQUIRES: its head is known.
Obtained as_streamed(const Fill& fill, std::unique_ptr<FillBody> body);

}  // namespace sluice::pipeline
