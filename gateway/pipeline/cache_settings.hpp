#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// What the policy's `cache` lines change.

// The key that the request is stored and found under: of `uri`, which is in normal
// form, with parameters left out and sorted as the rules say.
void make_key(const Exchange& exchange, std::string_view uri, std::string& key);

// False when the request is neither answered from the cache nor stored.
bool may_use_cache(const Exchange& exchange);

// Changes the fields of a response, ahead of the question whether it may be stored, so that they say what the rules say
// of how long it may be used; they view exchange.cache_override. False when it must not be stored.
bool apply_cache_settings(Exchange& exchange, int status, std::vector<cache::Field>& fields,
                          cache::UnixTime response_time);

// The same for what was stored and has been validated.
void apply_cache_settings(Exchange& exchange, cache::StoredHead& head);

}  // namespace sluice::pipeline
