#pragma once

#include "cache/store.hpp"
#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// The stored response in memory that the request selects. A response from an address that policy denies now is not
// found. REQUIRES: exchange.key is made.
cache::Store::Found find_in_memory(Exchange& exchange);

// True when memory had no answer, or only a part of it, and the disk may have one.
bool may_be_on_disk(const Exchange& exchange, const cache::Store::Found& in_memory);

// The same on disk; a small response that is found there goes to memory.
Task<cache::Store::Found> find_on_disk(Exchange& exchange, cache::Store::Found in_memory);

// May this stored response be sent, by the policy in force?
bool is_allowed(Exchange& exchange, const cache::StoredHead& stored);

}  // namespace sluice::pipeline
