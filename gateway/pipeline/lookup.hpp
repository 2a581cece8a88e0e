#pragma once

#include "cache/store.hpp"
#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// What is stored for a request.
struct Lookup {
  cache::StoredResponsePtr response;  // null when there is none that may be used
  bool has_other_variants = false;
  bool is_purged = false;                           // there is one, but a hard purge touched it
  cache::UnixTime stale_from = cache::kNeverStale;  // a soft purge touched it then
};

// The stored response that the request selects, in memory or on disk; a small one found on disk goes to memory. A
// response from an address that policy denies now is not found. REQUIRES: exchange.key is made.
Task<Lookup> lookup(Exchange& exchange);

// May this stored response be sent, by the policy in force?
bool is_allowed(Exchange& exchange, const cache::StoredHead& stored);

}  // namespace sluice::pipeline
