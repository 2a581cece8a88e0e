#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// What the policy's `cache` lines and the list of targeted fields change.

// False when the request is neither answered from the cache nor stored.
bool may_use_cache(const Exchange& exchange);

// Puts the directives that govern a response into its fields, when the targeted fields that the configuration lists say
// something else than Cache-Control (RFC 9213); they view exchange.directives.
void apply_targets(Exchange& exchange, std::vector<cache::Field>& fields);

// The same, and what the rules say of how long the response may be used ahead of that. Asked for ahead of the question
// whether it may be stored. False when it must not be.
bool apply_cache_settings(Exchange& exchange, int status, std::vector<cache::Field>& fields,
                          cache::UnixTime response_time);

// The same for what was stored and has been validated.
void apply_cache_settings(Exchange& exchange, cache::StoredHead& head);

}  // namespace sluice::pipeline
