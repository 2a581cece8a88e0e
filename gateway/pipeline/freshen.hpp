#pragma once

#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// The head of a stored response as a 304, or the answer to a HEAD that describes it, leaves it (RFC 9111 4.3.4, 4.3.5),
// with the directives that govern it now.
cache::StoredHead freshened_head(Exchange& exchange, const cache::StoredResponse& stored, Forwarded& forwarded);

// Gives a stored response another head in both tiers. Returns the response as it is now; it is put into memory again
// when it was evicted meanwhile, but not when it was invalidated since `forwarded` was asked for.
cache::StoredResponsePtr freshen_stored(Exchange& exchange, const cache::StoredResponsePtr& stored,
                                        cache::StoredHead head, const Forwarded& forwarded);

// RFC 9111 4.3.3: removes what was stored under the key when the origin server answered its validation with something
// else, which is not stored in its place. REQUIRES: exchange.is_validation; `obtained` is what came of it.
void forget_replaced(Exchange& exchange, const Obtained& obtained);

}  // namespace sluice::pipeline
