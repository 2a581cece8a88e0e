#pragma once

#include "cache/ranges.hpp"
#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// Partial content (RFC 9110 14, RFC 9111 3.3 and 3.4): what is asked for is fetched in whole chunks, kept, and joined
// with what is stored. Errors: those of forward().

// A range of a response that is not stored.
Task<Result<std::optional<Obtained>>> obtain_part(Exchange& exchange, cache::PartToAsk part);

// A response of which only parts are stored, completed with what the request needs: all of it, one range or several.
// REQUIRES: `stored` may be used, not all that the request needs is there, and may_complete().
Task<Result<std::optional<Obtained>>> complete(Exchange& exchange, cache::StoredResponsePtr stored);
bool may_complete(const Exchange& exchange, const cache::StoredResponse& stored);

// What came in answer to a request for a part that we made.
Task<Result<std::optional<Obtained>>> use_part(Exchange& exchange, Forwarded forwarded);

}  // namespace sluice::pipeline
