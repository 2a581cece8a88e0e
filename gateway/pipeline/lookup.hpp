#pragma once

#include "cache/reuse.hpp"
#include "cache/store.hpp"
#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// What is stored for a request.
struct Lookup {
  cache::StoredResponsePtr response;  // null when there is none that may be used
  bool has_other_variants = false;
  bool is_purged = false;                           // there is one, but a hard purge touched it
  cache::UnixTime stale_from = cache::kNeverStale;  // a soft purge touched it then
  bool is_disk_late = false;                        // the disk did not say in time what it has
};

// The stored response in memory that the request selects. A response from an address that policy denies now is not
// found. REQUIRES: exchange.key is made.
Lookup find_in_memory(Exchange& exchange);

// True when memory had no answer, or only a part of it, and the disk may have one.
bool may_be_on_disk(const Exchange& exchange, const Lookup& in_memory);

// Until when a lookup that begins now waits for the disk, its first content included (cache.disk_wait).
SteadyTime disk_deadline(const Exchange& exchange);

// The same on disk; a small response that is found there goes to memory. What was found in memory when the disk is
// late.
Task<Lookup> find_on_disk(Exchange& exchange, Lookup in_memory, SteadyTime until);

// What is not stored any more, because other responses needed its room.
bool was_evicted(const cache::Store& memory, const DiskTier* disk, std::string_view key);

// What was made stale by the answer to a HEAD looks like softly purged. `purged_from`: what the table of purges says.
// What no purge touched there, nor a short while ago, is `expired`.
void tell_purge_from_head(cache::Reuse& reuse, cache::UnixTime purged_from, const RecentKeys& purged,
                          std::string_view key);

// Removes what both tiers have under the key.
void remove_stored(Services& services, std::string_view key);

// May this stored response be sent, by the policy in force?
bool is_allowed(Exchange& exchange, const cache::StoredHead& stored);

}  // namespace sluice::pipeline
