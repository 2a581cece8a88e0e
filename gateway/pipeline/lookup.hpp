#pragma once

#include "cache/store.hpp"
#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// The stored response that the request selects, in memory or on disk; a small one found on disk goes to memory. A
// response from an address that policy denies now is not found. REQUIRES: exchange.key is made.
Task<cache::Store::Found> lookup(Exchange& exchange);

// May this stored response be sent, by the policy in force?
bool is_allowed(Exchange& exchange, const cache::StoredHead& stored);

}  // namespace sluice::pipeline
