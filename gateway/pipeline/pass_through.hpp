#pragma once

#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// Forwards what the client asked for as it is. An unsafe request invalidates what is stored for the URIs it changed
// (RFC 9111 4.4); a HEAD brings `stored`, the response that it could have been answered with, up to date (4.3.5); a
// POST whose answer is that to a GET as well is kept (RFC 9110 9.3.3). Nothing else is.
Task<Result<Obtained>> pass_through(Exchange& exchange, const cache::StoredResponsePtr& stored = nullptr);

// Keeps a response in the fill and the stores, and streams it to the client meanwhile. REQUIRES: it may be stored, and
// exchange.key is made.
Task<Obtained> keep_and_follow(Exchange& exchange, Forwarded forwarded, std::shared_ptr<Fill> fill);

// A forwarded response as the thing to send.
Obtained as_streamed(Exchange& exchange, Forwarded forwarded);

// A response that is being filled likewise. `age`: see Streamed. REQUIRES: its head is known.
Obtained as_streamed(Exchange& exchange, std::unique_ptr<FillBody> body, std::optional<cache::Seconds> age = {});

}  // namespace sluice::pipeline
